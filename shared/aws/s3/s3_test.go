package s3_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"roster/localdev/awstest"
	"roster/shared/aws/s3"
)

func TestReadsAnObject(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	for _, key := range []string{"users.jsonl", "a folder/ü+%&=?#.jsonl", "a//b/../c"} {
		want := []byte("what is in " + key)
		server.SetObject("a.bucket", key, want)
		if got, err := io.ReadAll(s3.Open(t.Context(), server.Config(), "a.bucket", key)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %q, %v", key, got, err)
		}
	}
}

// A connection that breaks is made again where it broke.
func TestReadsOnAfterABreak(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	want := bytes.Repeat([]byte("0123456789abcdef"), 64<<10)
	server.SetObject("b", "k", want)
	server.BreakObjects(300_000)
	server.Fail(awstest.GetObject, awstest.ServerError)
	if got, err := io.ReadAll(s3.Open(t.Context(), server.Config(), "b", "k")); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes of %d, %v", len(got), len(want), err)
	}
	if n := server.Calls(awstest.GetObject); n < 4 {
		t.Errorf("%d requests", n)
	}
}

func TestAReplacedObjectIsAnError(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	server.SetObject("b", "k", bytes.Repeat([]byte("x"), 100_000))
	server.BreakObjects(50_000)
	object := s3.Open(t.Context(), server.Config(), "b", "k")
	if _, err := object.Read(make([]byte, 10)); err != nil {
		t.Fatal(err)
	}
	server.SetObject("b", "k", bytes.Repeat([]byte("y"), 100_000))
	if _, err := io.ReadAll(object); err == nil || !strings.Contains(err.Error(), "was replaced") {
		t.Errorf("%v", err)
	}
}

func TestErrorsSayWhatToDo(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	server.SetObject("b", "k", []byte("x"))
	read := func(cfg aws.Config, key string) error {
		_, err := io.ReadAll(s3.Open(t.Context(), cfg, "b", key))
		return err
	}
	var refused *s3.Error
	if err := read(server.Config(), "other"); !errors.As(err, &refused) || refused.Status != http.StatusNotFound || err.Error() != "S3 has no such object: 404 NoSuchKey The specified key does not exist." {
		t.Errorf("no object: %v", err)
	}
	server.Fail(awstest.GetObject, awstest.AccessDenied)
	if err := read(server.Config(), "k"); err == nil || !strings.Contains(err.Error(), "does not let the function read the object") {
		t.Errorf("no right: %v", err)
	}
	server.Fail(awstest.GetObject, awstest.Times(3, awstest.ServerError)...)
	if err := read(server.Config(), "k"); err == nil || !strings.Contains(err.Error(), "S3 answers 500") {
		t.Errorf("an outage: %v", err)
	}
	if err := read(server.Config(), "k"); err != nil {
		t.Errorf("after the outage: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := io.ReadAll(s3.Open(ctx, server.Config(), "b", "k")); err == nil {
		t.Error("a cancelled read succeeds")
	}
}

// An import that stops closes the object while another goroutine reads it.
func TestCloseEndsARead(t *testing.T) {
	t.Parallel()
	server := awstest.New(t)
	server.SetObject("b", "k", []byte("x"))
	server.Fail(awstest.GetObject, awstest.Hang)
	object := s3.Open(t.Context(), server.Config(), "b", "k")
	done := make(chan error, 1)
	go func() {
		_, err := io.ReadAll(object)
		done <- err
	}()
	if err := object.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err == nil {
		t.Error("the read goes on")
	}
}
