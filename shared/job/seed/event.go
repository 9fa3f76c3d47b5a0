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

// Handler answers the event of a custom resource at its ResponseURL, where
// CloudFormation waits for it. It returns the report for any other event, of which
// one by hand may be an Ask: {"end_all_sessions":true}. It ends
// the job when a tenth of the invocation's time is left: if Lambda killed the
// process, CloudFormation would get no answer and wait for a timeout.
func Handler(job Job) func(context.Context, json.RawMessage) (any, error) {
	resource := cfn.LambdaWrap(func(ctx context.Context, e cfn.Event) (string, map[string]any, error) {
		const id = "roster-schema" // always the same, so that an update does not replace the resource
		if e.RequestType == cfn.RequestDelete {
			return id, nil, nil
		}
		if isRollback(e) {
			slog.InfoContext(ctx, "nothing is done for a deployment that is rolled back")
			return id, nil, nil
		}
		if _, err := runBeforeDeadline(ctx, job, Ask{}); err != nil {
			return id, nil, errors.New(reason(err))
		}
		return id, nil, nil
	})
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		var e cfn.Event
		if json.Unmarshal(event, &e) == nil && e.ResponseURL != "" && e.RequestType != "" {
			return resource(ctx, e)
		}
		var ask Ask
		_ = json.Unmarshal(event, &ask) // any other event asks for nothing
		return runBeforeDeadline(ctx, job, ask)
	}
}

// isRollback reports an update to an earlier version of the function: a deployment
// is being rolled back. There is nothing to do then. Migrations are forward only.
// The newer functions may still be in use and need the newer rights. A step that
// has just failed would fail again, and would stop the rollback.
func isRollback(e cfn.Event) bool {
	function, to, ok := version(e.ResourceProperties)
	before, from, known := version(e.OldResourceProperties)
	return e.RequestType == cfn.RequestUpdate && ok && known && function == before && to < from
}

// version reads the property that template.yaml sets: the ARN of a version.
func version(properties map[string]any) (function string, number uint64, ok bool) {
	arn, _ := properties["Version"].(string)
	at := strings.LastIndexByte(arn, ':') + 1
	number, err := strconv.ParseUint(arn[at:], 10, 64)
	return arn[:at], number, err == nil
}

// runBeforeDeadline runs the job. It logs a failure at the level of an error, with
// the request's id; the line of aws-lambda-go has neither.
func runBeforeDeadline(ctx context.Context, job Job, ask Ask) (Report, error) {
	limited := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		limited, cancel = context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/10))
		defer cancel()
	}
	report, err := job(limited, ask)
	if err != nil {
		slog.ErrorContext(ctx, "not seeded", "error", err)
	}
	return report, err
}

// maxReason is in bytes. It keeps the answer below 4096 bytes, even if JSON encodes
// each byte as six. CloudFormation ignores a longer answer.
const maxReason = 500

// reason returns the text of an error on one line.
func reason(err error) string {
	s := strings.Join(strings.Fields(err.Error()), " ")
	if len(s) > maxReason {
		s = strings.ToValidUTF8(s[:maxReason], "") + "… (the log has the rest)"
	}
	return s
}
