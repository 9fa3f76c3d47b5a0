package rotation

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"roster/shared/job/stack"
)

// The custom resources of template.yaml that run the job in a deployment: before
// any other function is deployed, so that the first token is signed by a key of
// the ring, and after the API has its address.
const (
	keysResource    = "SigningKeys"
	addressResource = "ApiAddress"
)

// Start serves the job's invocations. It does not return. It makes Lambda's
// logger the default of slog, as settings.Load does.
func Start(job Job) {
	slog.SetDefault(lambdacontext.NewLogger())
	lambda.Start(Handler(job))
}

// Handler accepts the event of EventBridge's schedule, and the events of the
// custom resources. For an invocation by hand it accepts a Request: {"start":true} or
// {"replace_all":true}. It refuses any other event: in an emergency a run that did
// nothing, because a name was misspelled, must not look like a success.
func Handler(job Job) stack.Invocation {
	return stack.Handler("the keys were not rotated", func(ctx context.Context, c stack.Call) (any, error) {
		var request Request
		switch c.Resource {
		case "":
			var err error
			if request, err = requestOf(c.Event); err != nil {
				return nil, err
			}
		case keysResource:
			request.First = true
		case addressResource:
			request.APIURL = c.Text("Url")
		}
		return job(ctx, request)
	})
}

// requestOf reads an event that is not CloudFormation's.
func requestOf(event json.RawMessage) (Request, error) {
	var scheduled struct {
		Source string `json:"source"`
	}
	if json.Unmarshal(event, &scheduled) == nil && scheduled.Source == "aws.events" {
		return Request{}, nil
	}
	var request *Request // nil for null
	d := json.NewDecoder(bytes.NewReader(event))
	d.DisallowUnknownFields()
	if err := d.Decode(&request); err != nil && len(event) > 0 {
		return Request{}, fmt.Errorf(`the event is not understood, and nothing was done (%w); send {}, {"start":true} or {"replace_all":true}`, err)
	}
	if d.More() {
		return Request{}, errors.New(`the event is more than one JSON value, and nothing was done; send {}, {"start":true} or {"replace_all":true}`)
	}
	if request == nil {
		return Request{}, nil
	}
	return *request, nil
}
