package seed

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
)

// Start serves the job's invocations. It does not return. It makes Lambda's
// logger the default of slog, as settings.Load does.
func Start(job Job) {
	slog.SetDefault(lambdacontext.NewLogger())
	lambda.Start(Handler(job))
}

// Handler tells a custom resource's event from all others. CloudFormation gets
// its answer at the event's ResponseURL; everyone else gets the report. The job
// is ended when a tenth of the invocation's time is left: a process that Lambda
// kills answers nobody, and CloudFormation waits on.
func Handler(job Job) func(context.Context, json.RawMessage) (any, error) {
	resource := cfn.LambdaWrap(func(ctx context.Context, e cfn.Event) (string, map[string]any, error) {
		const id = "roster-schema" // one for the stack's life, so that an update replaces nothing
		if e.RequestType == cfn.RequestDelete {
			return id, nil, nil
		}
		if isRollback(e) {
			slog.InfoContext(ctx, "nothing is done for a deployment that is rolled back")
			return id, nil, nil
		}
		if _, err := runBeforeDeadline(ctx, job); err != nil {
			return id, nil, errors.New(reason(err))
		}
		return id, nil, nil
	})
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		var e cfn.Event
		if json.Unmarshal(event, &e) == nil && e.ResponseURL != "" && e.RequestType != "" {
			return resource(ctx, e)
		}
		return runBeforeDeadline(ctx, job)
	}
}

// goesBack reports an update to an earlier version of the function, which is a
// deployment that is rolled back. Nothing is to be done for it: migrations are
// forward only, the rights are those of the newer functions, which may still
// serve, and what failed would fail again, now for good.
func isRollback(e cfn.Event) bool {
	function, to, ok := version(e.ResourceProperties)
	before, from, known := version(e.OldResourceProperties)
	return e.RequestType == cfn.RequestUpdate && ok && known && function == before && to < from
}

// version reads the property that template.yaml gives, a version's ARN.
func version(properties map[string]any) (function string, number uint64, ok bool) {
	arn, _ := properties["Version"].(string)
	at := strings.LastIndexByte(arn, ':') + 1
	number, err := strconv.ParseUint(arn[at:], 10, 64)
	return arn[:at], number, err == nil
}

// inTime runs the job and logs its failure as an error, with the request's id;
// aws-lambda-go's own line has neither.
func runBeforeDeadline(ctx context.Context, job Job) (Report, error) {
	limited := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		limited, cancel = context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/10))
		defer cancel()
	}
	report, err := job(limited)
	if err != nil {
		slog.ErrorContext(ctx, "not seeded", "error", err)
	}
	return report, err
}

// mostReason keeps an answer below 4096 bytes, CloudFormation's limit, beyond
// which it takes it for none, even where JSON spells each byte with six.
const maxReason = 500 // bytes

// reason is an error as one line.
func reason(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "") + "… (the log has the rest)"
	}
	return s
}
