package rotation

import (
	"context"
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
			if request, err = stack.Decode[Request](c.Event, `{}, {"start":true} or {"replace_all":true}`); err != nil {
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
