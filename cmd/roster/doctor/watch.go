package doctor

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
)

// logs looks at how long the log groups of the stack keep their lines, which have
// clients' addresses.
func (s Subject) logs(ctx context.Context, outputs map[string]string) (all []Finding) {
	client := cloudwatchlogs.NewFromConfig(*s.AWS)
	for _, output := range []string{"FunctionLogs", "AccessLogs"} {
		check := "stack: log retention, " + output
		group := outputs[output]
		if group == "" {
			all = append(all, notChecked(check, "the stack has no output "+output, "deploy this version"))
			continue
		}
		out, err := client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: &group})
		if err != nil {
			all = append(all, awsRefusal(check, err, "logs:DescribeLogGroups"))
			continue
		}
		all = append(all, retention(check, group, out))
	}
	return all
}

func retention(check, group string, out *cloudwatchlogs.DescribeLogGroupsOutput) Finding {
	for _, g := range out.LogGroups {
		if aws.ToString(g.LogGroupName) != group {
			continue
		}
		if g.RetentionInDays == nil {
			return warning(check, group+" keeps its lines for ever, with clients' addresses", "deploy with LogRetentionDays, or: aws logs put-retention-policy --log-group-name "+group+" --retention-in-days 30")
		}
		return ok(check, fmt.Sprintf("%d days", *g.RetentionInDays))
	}
	return failed(check, "the log group "+group+" is gone, so the functions' lines are lost", "deploy the stack again")
}

// maxAlarms is how many alarms one call describes.
const maxAlarms = 100

func (s Subject) alarms(ctx context.Context, names []string) []Finding {
	const check = "stack: alarms"
	if len(names) == 0 {
		return []Finding{warning(check, "the stack has none", "deploy with StageName=prod, or with AlarmTopicArn: docs/operate.md#watch")}
	}
	out, err := cloudwatch.NewFromConfig(*s.AWS).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: names[:min(len(names), maxAlarms)], MaxRecords: aws.Int32(maxAlarms)})
	if err != nil {
		return []Finding{awsRefusal(check, err, "cloudwatch:DescribeAlarms")}
	}
	return judgeAlarms(len(names), out.MetricAlarms)
}

func judgeAlarms(expected int, alarms []types.MetricAlarm) []Finding {
	const check = "stack: alarms"
	var ringing, silent []string
	for _, a := range alarms {
		if a.StateValue == types.StateValueAlarm {
			ringing = append(ringing, aws.ToString(a.AlarmName))
		}
		if !aws.ToBool(a.ActionsEnabled) || len(a.AlarmActions) == 0 {
			silent = append(silent, aws.ToString(a.AlarmName))
		}
	}
	var all []Finding
	if len(ringing) > 0 {
		all = append(all, failed(check, "they ring: "+strings.Join(ringing, ", "), "docs/operate.md#watch says what to do about each"))
	}
	if len(silent) > 0 {
		all = append(all, warning(check, fmt.Sprintf("%d of %d tell nobody", len(silent), expected), "deploy with AlarmTopicArn, a topic of SNS"))
	}
	if gone := expected - len(alarms); gone > 0 {
		all = append(all, failed(check, fmt.Sprintf("%d of %d are gone", gone, expected), "deploy the stack again"))
	}
	if len(all) == 0 {
		all = append(all, ok(check, fmt.Sprintf("%d, and none rings", expected)))
	}
	return all
}
