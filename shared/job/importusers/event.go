package importusers

import (
	"context"
	"errors"
	"log/slog"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"roster/shared/job/stack"
)

// Start serves the job's invocations. It does not return. It makes Lambda's
// logger the default of slog, as settings.Load does.
func Start(job Job) {
	slog.SetDefault(lambdacontext.NewLogger())
	lambda.Start(Handler(job))
}

const known = `{"bucket":"…","key":"…","apply":true} or {"records":[…],"apply":true}; policy and next_row may be given, too`

// Handler runs the job for an invocation by hand. No other event means anything to
// it, above all not one of CloudFormation: a deployment imports nobody.
func Handler(job Job) stack.Invocation {
	return stack.Handler("nothing more was imported", func(ctx context.Context, c stack.Call) (any, error) {
		if c.Resource != "" || stack.IsScheduled(c.Event) {
			return nil, errors.New("an import is invoked by hand; send " + known)
		}
		request, err := stack.Decode[Request](c.Event, known)
		if err != nil {
			return nil, err
		}
		return job(ctx, request)
	})
}
