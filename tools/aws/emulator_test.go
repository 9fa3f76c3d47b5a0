package aws_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const rie = "github.com/aws/aws-lambda-runtime-interface-emulator/cmd/aws-lambda-rie"

var buildEmulator = sync.OnceValues(func() (string, error) {
	path := filepath.Join(bin, "aws-lambda-rie")
	out, err := exec.Command("go", "build", "-o", path, rie).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", rie, err, out)
	}
	return path, nil
})

// emulator is AWS's Lambda Runtime Interface Emulator with one function.
type emulator struct {
	t   testing.TB
	url string
	*process
}

// emulate runs a function under the emulator, with these variables. The function
// itself starts with the first event.
func emulate(t testing.TB, function string, env []string) *emulator {
	t.Helper()
	path, err := buildEmulator()
	if err != nil {
		t.Fatal(err)
	}
	addresses, err := freeAddresses(2)
	if err != nil {
		t.Fatal(err)
	}
	p, err := launch(addresses[0], env, path,
		"--runtime-interface-emulator-address", addresses[0], "--runtime-api-address", addresses[1], binary(t, function))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return &emulator{t: t, process: p, url: "http://" + addresses[0] + "/2015-03-31/functions/function/invocations"}
}

// invoke sends an event, and returns the status and the answer.
func (e *emulator) invoke(event []byte) (int, []byte) {
	e.t.Helper()
	client := http.Client{Timeout: 2 * time.Minute}
	resp, err := client.Post(e.url, "application/json", bytes.NewReader(event))
	if err != nil {
		e.t.Fatalf("%v\n%s", err, e.log)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return resp.StatusCode, body
}
