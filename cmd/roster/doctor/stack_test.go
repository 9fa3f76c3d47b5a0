package doctor_test

import (
	"testing"

	"github.com/aws/smithy-go/encoding/cbor"

	"roster/cmd/roster/doctor"
	"roster/localdev/postgrestest"
)

func TestAGoodStack(t *testing.T) {
	t.Parallel()
	s := goodCloud().use(t, onDatabase(t, postgrestest.FunctionsURL(t), nil))
	for check, says := range map[string]string{
		"stack": "UPDATE_COMPLETE", "stack: log retention, FunctionLogs": "30 days", "stack: log retention, AccessLogs": "30 days", "stack: alarms": "2, and none rings",
		"database: connections": "and the functions may have 75", // as the stack's parameter says
	} {
		expect(t, s, check, doctor.OK, says)
	}
	s.Connections = "100000"
	expect(t, s, "database: connections", doctor.Failed, "more than four fifths")
}

func TestABadStack(t *testing.T) {
	t.Parallel()
	const functions = "stack: log retention, FunctionLogs"
	for name, c := range map[string]struct {
		change func(*cloud)
		check  string
		want   doctor.Status
		says   string
	}{
		"no stack":           {func(c *cloud) { c.stackXML = "" }, "stack", doctor.Failed, "there is no stack roster in this Region"},
		"rolled back":        {func(c *cloud) { c.stackXML = stackXML("UPDATE_ROLLBACK_COMPLETE", "75") }, "stack", doctor.Failed, "its last deployment failed"},
		"being deployed":     {func(c *cloud) { c.stackXML = stackXML("UPDATE_IN_PROGRESS", "75") }, "stack", doctor.Warning, "a deployment is running"},
		"no rights":          {func(c *cloud) { c.denied = "cloudformation" }, "stack", doctor.NotChecked, "allow cloudformation:DescribeStacks"},
		"no AWS":             {func(c *cloud) { c.broken = true }, "stack", doctor.NotChecked, "AWS does not answer as it should"},
		"kept for ever":      {func(c *cloud) { delete(c.groups[0], "retentionInDays") }, functions, doctor.Warning, "for ever"},
		"no log group":       {func(c *cloud) { c.groups = nil }, functions, doctor.Failed, "is gone"},
		"no rights to logs":  {func(c *cloud) { c.denied = "logs" }, functions, doctor.NotChecked, "allow logs:DescribeLogGroups"},
		"no alarms":          {func(c *cloud) { c.alarmNames = nil }, "stack: alarms", doctor.Warning, "the stack has none"},
		"an alarm rings":     {func(c *cloud) { c.alarms[1]["StateValue"] = cbor.String("ALARM") }, "stack: alarms", doctor.Failed, "they ring: roster-ThrottlesAlarm"},
		"alarms tell nobody": {func(c *cloud) { c.alarms[0] = alarm("roster-JobErrorsAlarm", "OK", false) }, "stack: alarms", doctor.Warning, "1 of 2 tell nobody -> deploy with AlarmTopicArn"},
		"an alarm is gone":   {func(c *cloud) { c.alarms = c.alarms[:1] }, "stack: alarms", doctor.Failed, "1 of 2 are gone"},
		"no rights to them":  {func(c *cloud) { c.denied = "monitoring" }, "stack: alarms", doctor.NotChecked, "allow cloudwatch:DescribeAlarms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cloud := goodCloud()
			c.change(cloud)
			expect(t, cloud.use(t, subject(t, variables(nil))), c.check, c.want, c.says)
		})
	}
	s := goodCloud().use(t, subject(t, nil))
	s.Stack = ""
	expect(t, s, "stack", doctor.NotChecked, "give --stack")
}
