package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"roster/localdev/gateway"
	"roster/localdev/runtimeapi"
)

// secretARN names the only secret of the local Secrets Manager.
const secretARN = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:localdev"

// asProcesses builds every function and runs each as a separate process over the
// Lambda Runtime API. As in a deployment, a function gets the variables of
// template.yaml, and the rest from a secret.
func (p *stack) asProcesses(ctx context.Context, out io.Writer) (gateway.Invoke, jobs, error) {
	bin, err := p.binaries(ctx, out)
	if err != nil {
		return nil, nil, err
	}
	secret, err := json.Marshal(p.settings.values)
	if err != nil {
		return nil, nil, err
	}
	p.aws.SetSecret(secretARN, string(secret))
	functions := map[string]*runtimeapi.Function{}
	for _, f := range p.template.Functions {
		running, err := runtimeapi.Start(context.WithoutCancel(ctx), runtimeapi.Config{
			Binary: filepath.Join(bin, f.Folder), Name: f.Folder, Env: append(p.aws.Env(), f.Variables(secretARN, p.settings.values)...),
			MemoryMB: f.Memory, Timeout: time.Duration(f.Timeout) * time.Second, Log: out,
		})
		if err != nil {
			return nil, nil, err
		}
		p.stops = append(p.stops, running.Close)
		functions[f.Folder] = running
	}
	scheduled := jobs{"seed_admin": runScheduled(functions["seed_admin"]), "rotate_keys": p.saveRotatedKeys(runScheduled(functions["rotate_keys"]))}
	return invokeProcess(functions), scheduled, nil
}

// binaries returns the folder of the built functions.
func (p *stack) binaries(ctx context.Context, out io.Writer) (string, error) {
	if p.options.functions != "" {
		return p.options.functions, nil
	}
	fmt.Fprintln(out, "Building the functions.")
	bin := filepath.Join(p.options.data, "functions")
	return bin, build(ctx, bin)
}

func build(ctx context.Context, bin string) error {
	gomod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	root := filepath.Dir(strings.TrimSpace(string(gomod)))
	if err != nil || root == "." {
		return errors.New("-lambda builds the functions: start localdev in the project's folder, with go on the PATH")
	}
	return runtimeapi.Build(ctx, []string{filepath.Join(root, "functions") + "/..."}, bin)
}

func invokeProcess(functions map[string]*runtimeapi.Function) gateway.Invoke {
	return func(ctx context.Context, target string, event events.APIGatewayV2HTTPRequest) (resp events.APIGatewayV2HTTPResponse, err error) {
		payload, err := gateway.Payload(event)
		if err != nil {
			return resp, err
		}
		answer, err := functions[target].Invoke(ctx, payload)
		if err != nil {
			return resp, err
		}
		return resp, json.Unmarshal(answer, &resp)
	}
}

// runScheduled invokes a function with EventBridge's event.
func runScheduled(f *runtimeapi.Function) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, err := f.Invoke(r.Context(), []byte(`{"source":"aws.events","detail-type":"Scheduled Event","detail":{}}`))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(append(answer, '\n'))
	})
}
