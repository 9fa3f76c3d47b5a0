package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/smithy-go"
)

// stackFacts is what the stack says about itself.
type stackFacts struct {
	connections string            // the parameter DatabaseConnections
	outputs     map[string]string // such as FunctionLogs
	alarms      []string          // names
}

// stack examines the stack on AWS, and notes what other checks need of it.
func (s Subject) stack(ctx context.Context, known *stackFacts) []Finding {
	const check = "stack"
	switch {
	case s.AWS == nil:
		return []Finding{s.noAWS(check), s.noAWS("stack: log retention"), s.noAWS("stack: alarms")}
	case s.Stack == "":
		return []Finding{notChecked(check, "its name is not known", "give --stack")}
	}
	client := cloudformation.NewFromConfig(*s.AWS)
	out, err := client.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &s.Stack})
	switch {
	case err != nil && strings.Contains(err.Error(), "does not exist"):
		return []Finding{failed(check, "there is no stack "+s.Stack+" in this Region", "correct --stack or AWS_REGION")}
	case err != nil:
		return []Finding{awsRefusal(check, err, "cloudformation:DescribeStacks and cloudformation:ListStackResources")}
	case len(out.Stacks) != 1:
		return []Finding{failed(check, fmt.Sprintf("there are %d stacks of that name", len(out.Stacks)), "correct --stack")}
	}
	known.read(out.Stacks[0])
	all := []Finding{state(out.Stacks[0])}
	if known.alarms, err = alarmNames(ctx, client, s.Stack); err != nil {
		return append(all, awsRefusal("stack: alarms", err, "cloudformation:ListStackResources"))
	}
	return append(append(all, s.logs(ctx, known.outputs)...), s.alarms(ctx, known.alarms)...)
}

func (k *stackFacts) read(stack types.Stack) {
	k.outputs = map[string]string{}
	for _, o := range stack.Outputs {
		k.outputs[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	for _, p := range stack.Parameters {
		if aws.ToString(p.ParameterKey) == "DatabaseConnections" {
			k.connections = aws.ToString(p.ParameterValue)
		}
	}
}

func state(stack types.Stack) Finding {
	const check = "stack"
	status := string(stack.StackStatus)
	switch {
	case strings.Contains(status, "FAILED") || strings.Contains(status, "ROLLBACK"):
		return failed(check, "its last deployment failed ("+status+")", "see its events: docs/deploy.md#known-problems")
	case !strings.HasSuffix(status, "_COMPLETE"):
		return warning(check, "a deployment is running ("+status+")", "run it again afterwards")
	}
	return ok(check, status)
}

// alarmNames returns the names of the stack's alarms.
func alarmNames(ctx context.Context, client *cloudformation.Client, stack string) (names []string, err error) {
	pages := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, r := range page.StackResourceSummaries {
			if aws.ToString(r.ResourceType) == "AWS::CloudWatch::Alarm" {
				names = append(names, aws.ToString(r.PhysicalResourceId))
			}
		}
	}
	return names, nil
}

// awsRefusal is the finding of a check that AWS did not answer. It needs these rights.
func awsRefusal(check string, err error, rights string) Finding {
	var api smithy.APIError
	if errors.As(err, &api) && api.ErrorCode() != "" {
		return notChecked(check, api.ErrorCode()+": "+api.ErrorMessage(), "allow "+rights+" to your credentials")
	}
	return notChecked(check, "AWS does not answer as it should: "+lastCause(err).Error(), "check AWS_REGION, AWS_ENDPOINT_URL if you have set it, and the network")
}
