// Command misbehave is a function that fails in the way that a test asks for.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing/iotest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
)

func main() {
	switch os.Getenv("AT_INIT") {
	case "exit":
		fmt.Fprintln(os.Stderr, "config: DATABASE_URL is missing")
		os.Exit(1)
	case "report":
		body := strings.NewReader(`{"errorType":"ConfigError","errorMessage":"no secret"}`)
		resp, err := http.Post("http://"+os.Getenv("AWS_LAMBDA_RUNTIME_API")+"/2018-06-01/runtime/init/error", "application/json", body)
		fmt.Println(resp, err)
		os.Exit(1)
	case "hang":
		time.Sleep(time.Hour)
	case "violate":
		violateProtocol("http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/invocation/")
	}
	lambda.Start(handle)
}

// violateProtocol breaks the rules of the Runtime API during its first event. Its
// answer lists the statuses that it got.
func violateProtocol(api string) {
	next, err := http.Get(api + "next")
	if err != nil {
		panic(err)
	}
	var statuses []int
	again, err := http.Get(api + "next")
	if err != nil {
		panic(err)
	}
	statuses = append(statuses, again.StatusCode)
	for _, path := range []string{"no-such-id/response", "no-such-id/error", "no/such/call"} {
		resp, err := http.Post(api+path, "application/json", strings.NewReader("{}"))
		if err != nil {
			panic(err)
		}
		statuses = append(statuses, resp.StatusCode)
	}
	answer, _ := json.Marshal(statuses)
	id := next.Header.Get("Lambda-Runtime-Aws-Request-Id")
	if _, err := http.Post(api+id+"/response", "application/json", bytes.NewReader(answer)); err != nil {
		panic(err)
	}
}

type event struct {
	Do  string
	URL string
}

var memory []byte

func handle(_ context.Context, e event) (any, error) {
	switch e.Do {
	case "error":
		return nil, errors.New("no such thing")
	case "panic":
		panic("boom")
	case "exit":
		fmt.Fprint(os.Stderr, "disk on fire")
		os.Exit(3)
	case "hang":
		time.Sleep(time.Hour)
	case "stream":
		return io.MultiReader(strings.NewReader("half of"), iotest.ErrReader(errors.New("cut off"))), nil
	case "large":
		return strings.Repeat("x", 6<<20), nil
	case "environ":
		return os.Environ(), nil
	case "write":
		for range 2000 {
			fmt.Println("a line that a function wrote")
		}
	case "grow":
		memory = make([]byte, 64<<20)
		for i := range memory {
			memory[i] = 1
		}
	case "wait":
		resp, err := http.Get(e.URL)
		if err != nil {
			return nil, err
		}
		defer resp.Body.Close()
	}
	return os.Getpid(), nil
}
