// Package stack runs a job as a step of a deployment. CloudFormation calls the
// job's function for a custom resource of the stack, and waits for the answer:
//
//	lambda.Start(stack.Handler("not seeded", func(ctx context.Context, c stack.Call) (any, error) { … }))
//
// The same function runs on a schedule and by hand. The package refuses to let a
// deployment wait for nothing: CloudFormation gets an answer before Lambda ends
// the invocation, and it gets one when a stack is deleted or rolled back without
// the job being run.
package stack

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/cfn"
)

// Call is one invocation of a job.
type Call struct {
	// Resource is the logical ID of the custom resource in template.yaml, or ""
	// for an invocation by the schedule or by hand.
	Resource string
	// Properties are the custom resource's.
	Properties map[string]any
	// Event is the event of any other invocation.
	Event json.RawMessage
}

// Text returns a property of the resource, or "" if it has no such text.
func (c Call) Text(property string) string {
	text, _ := c.Properties[property].(string)
	return text
}

// Job does the work of an invocation. The report is the answer to an invocation
// by hand.
type Job func(ctx context.Context, c Call) (report any, err error)

// Invocation handles the events of a Lambda function.
type Invocation = func(context.Context, json.RawMessage) (any, error)

// Handler answers the event of a custom resource at its ResponseURL, where
// CloudFormation waits for it. It returns the report for any other event. It ends
// the job when a tenth of the invocation's time is left: if Lambda killed the
// process, CloudFormation would get no answer and wait for a timeout. It logs a
// failure with that message.
func Handler(failed string, job Job) Invocation {
	resource := cfn.LambdaWrap(func(ctx context.Context, e cfn.Event) (string, map[string]any, error) {
		id := "roster-" + strings.ToLower(e.LogicalResourceID) // always the same, so that an update does not replace the resource
		if e.RequestType == cfn.RequestDelete {
			return id, nil, nil
		}
		if isRollback(e) {
			slog.InfoContext(ctx, "nothing is done for a deployment that is rolled back")
			return id, nil, nil
		}
		if _, err := runBeforeDeadline(ctx, failed, job, Call{Resource: e.LogicalResourceID, Properties: e.ResourceProperties}); err != nil {
			return id, nil, errors.New(reason(err))
		}
		return id, nil, nil
	})
	return func(ctx context.Context, event json.RawMessage) (any, error) {
		var e cfn.Event
		if json.Unmarshal(event, &e) == nil && e.ResponseURL != "" && e.RequestType != "" {
			return resource(ctx, e)
		}
		return runBeforeDeadline(ctx, failed, job, Call{Event: event})
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
func runBeforeDeadline(ctx context.Context, failed string, job Job, c Call) (any, error) {
	limited := ctx
	if deadline, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		limited, cancel = context.WithDeadline(ctx, deadline.Add(-time.Until(deadline)/10))
		defer cancel()
	}
	report, err := job(limited, c)
	if err != nil {
		slog.ErrorContext(ctx, failed, "error", err)
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
