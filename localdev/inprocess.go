package main

import (
	"context"
	"fmt"
	"io"

	"github.com/aws/aws-lambda-go/events"

	"roster/localdev/gateway"
	"roster/localdev/handlers"
	"roster/shared/aws/lambdahttp"
)

// lambdaFunc is a Lambda handler for events of an HTTP API.
type lambdaFunc func(context.Context, events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error)

// inProcess runs all functions in this process, each behind the adapter that it
// also has when deployed.
func (p *stack) inProcess(ctx context.Context, out io.Writer) (gateway.Invoke, jobs, error) {
	values := p.settings.values
	env := p.settings.environment(context.WithoutCancel(ctx))
	functions := map[string]lambdaFunc{}
	for folder, handler := range handlers.All(env) {
		functions[folder] = lambdahttp.Wrap(handler)
	}
	if err := env.Check(); err != nil {
		return nil, nil, err
	}
	p.stops = append(p.stops, env.Postgres().Close)
	for _, f := range p.template.Functions {
		if _, known := functions[f.Folder]; len(f.Routes) > 0 && !known {
			return nil, nil, fmt.Errorf("template.yaml routes to functions/%s, which localdev/handlers does not know; run: make generate", f.Folder)
		}
	}
	invoke := func(ctx context.Context, target string, event events.APIGatewayV2HTTPRequest) (events.APIGatewayV2HTTPResponse, error) {
		return functions[target](ctx, event)
	}
	return invoke, jobs{"seed_admin": runSeed(seedJob(values), out), "rotate_keys": p.settings.runRotation(env)}, nil
}
