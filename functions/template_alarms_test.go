package functions_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/metric"
	"roster/shared/aws/sam"
)

// CloudWatch takes at most ten metrics in an alarm.
const metricsOfAnAlarm = 10

// metricsOf are the metrics of AWS/Lambda that must ring an alarm.
func metricsOf(folder string) []string {
	if special[folder].refusalsFail {
		return []string{"Throttles"}
	}
	return []string{"Errors", "Throttles"}
}

func TestEachFunctionIsWatched(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for id, metrics := range metricsOfAlarms(template) {
		if len(metrics) > metricsOfAnAlarm {
			t.Errorf("%s reads %d metrics, and CloudWatch takes %d: start another alarm, and name it in the DeploymentPreference of Globals",
				id, len(metrics), metricsOfAnAlarm)
		}
	}
	want := map[string][]string{}
	for _, f := range template.Functions {
		for _, metric := range metricsOf(f.Folder) {
			want[metric] = append(want[metric], f.LogicalID)
		}
	}
	for metric := range want {
		slices.Sort(want[metric])
	}
	if diff := cmp.Diff(want, watchedFunctions(template)); diff != "" {
		t.Errorf("template.yaml, the functions whose errors and throttles ring an alarm (-want +got):\n%s", diff)
	}
}

// watched is one metric of a function.
type watched struct{ metric, function string }

// metricsOfAlarms are the functions' metrics that each alarm adds up.
func metricsOfAlarms(template *sam.Template) map[string][]watched {
	all := map[string][]watched{}
	for id, alarm := range resources(template, "AWS::CloudWatch::Alarm") {
		metrics, _ := alarm["Metrics"].([]any)
		for _, entry := range metrics {
			stat, _ := entry.(map[string]any)["MetricStat"].(map[string]any)
			m, _ := stat["Metric"].(map[string]any)
			if m == nil || m["Namespace"] != "AWS/Lambda" {
				continue // the sum, or a metric of the API
			}
			dimension := m["Dimensions"].([]any)[0].(map[string]any)
			all[id] = append(all[id], watched{m["MetricName"].(string), dimension["Value"].(map[string]any)["Ref"].(string)})
		}
	}
	return all
}

// watchedFunctions are the functions that ring an alarm, by metric, sorted. One
// that rings two is there twice.
func watchedFunctions(template *sam.Template) map[string][]string {
	all := map[string][]string{}
	for _, metrics := range metricsOfAlarms(template) {
		for _, w := range metrics {
			all[w.metric] = append(all[w.metric], w.function)
		}
	}
	for metric := range all {
		slices.Sort(all[metric])
	}
	return all
}

// alarmsWithRoom names the alarms of a metric that take one more function.
func alarmsWithRoom(template *sam.Template, metric string) string {
	var names []string
	for id, metrics := range metricsOfAlarms(template) {
		if len(metrics) < metricsOfAnAlarm && metrics[0].metric == metric {
			names = append(names, id)
		}
	}
	if len(names) == 0 {
		return "a new alarm, for all of them are full"
	}
	slices.Sort(names)
	return strings.Join(names, " or ")
}

// suggestedMetric is what an alarm needs to watch a function.
func suggestedMetric(logicalID, metric string) string {
	name := strings.TrimSuffix(logicalID, "Function")
	return `        - Id: ` + strings.ToLower(name[:1]) + name[1:] + `
          ReturnData: false
          MetricStat:
            Metric: {Namespace: AWS/Lambda, MetricName: ` + metric + `, Dimensions: [{Name: FunctionName, Value: !Ref ` + logicalID + `}]}
            Period: 60
            Stat: Sum
`
}

func TestAlarmsTellTheTopicAndStopADeployment(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	alarms := resources(template, "AWS::CloudWatch::Alarm")
	tell := map[string]any{"Fn::If": []any{"HasTopic", []any{ref("AlarmTopicArn")}, ref("AWS::NoValue")}}
	for id, alarm := range alarms {
		if diff := cmp.Diff(tell, alarm["AlarmActions"]); diff != "" {
			t.Errorf("%s notifies another topic (-want +got):\n%s", id, diff)
		}
		if alarm["TreatMissingData"] != "notBreaching" {
			t.Errorf("%s rings when there are no requests", id)
		}
	}
	for _, f := range template.Functions {
		preference := f.Properties["DeploymentPreference"].(map[string]any)
		if special[f.Folder].isSeed {
			if preference["Enabled"] != false {
				t.Error("seed_admin's traffic is shifted by steps: a deployment would migrate with the old code")
			}
			continue
		}
		stop := names(t, preference["Alarms"])
		if len(stop) == 0 {
			t.Errorf("%s: no alarm stops its deployment", f.Folder)
		}
		for _, id := range stop {
			if _, ok := alarms[id]; !ok {
				t.Errorf("%s: the alarm %s does not exist", f.Folder, id)
			}
		}
	}
}

func TestFailuresInTheLogAreCounted(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	for _, c := range []struct{ filter, alarm, pattern string }{
		{"MailFailures", "MailFailedAlarm", "{ $.MailFailed = 1 }"},
		// TestTheAuthorizerFails and TestAStartNamesAllThatIsMissing show that the log has these words.
		{
			"AuthorizerFailures", "AuthorizerFailedAlarm",
			`{ ($.AuthorizerFailed = 1) || ($.message = "the configuration is not usable*") || ($.record.status = "timeout") }`,
		},
	} {
		counted(t, template, c.filter, c.alarm, c.pattern)
	}
}

func counted(t *testing.T, template *sam.Template, filterID, alarmID, pattern string) {
	t.Helper()
	filter, alarm := properties(template, filterID), properties(template, alarmID)
	made := filter["MetricTransformations"].([]any)[0].(map[string]any)
	for alarmed, counted := range map[string]string{"Namespace": "MetricNamespace", "MetricName": "MetricName"} {
		if diff := cmp.Diff(made[counted], alarm[alarmed]); diff != "" {
			t.Errorf("%s of the filter (-) and of the alarm (+) differ:\n%s", alarmed, diff)
		}
	}
	if !strings.Contains(write(t, made["MetricNamespace"]), metric.Namespace+"/") {
		t.Errorf("the namespace is %v, want one below %s", made["MetricNamespace"], metric.Namespace)
	}
	if filter["FilterPattern"] != pattern {
		t.Errorf("the filter is %v", filter["FilterPattern"])
	}
}

// The alarm on the API divides two counts of its access log. The log quotes the
// status, so the filters compare text: a number would never match.
func TestTheAPIsFaultsAreCountedFromItsAccessLog(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	alarm := properties(template, "ApiFaultsAlarm")
	read := map[string]any{}
	for _, entry := range alarm["Metrics"].([]any) {
		if stat, _ := entry.(map[string]any)["MetricStat"].(map[string]any); stat != nil {
			m := stat["Metric"].(map[string]any)
			read[m["MetricName"].(string)] = m["Namespace"]
		}
	}
	format := write(t, properties(template, "Api")["AccessLogSettings"])
	if !strings.Contains(format, `\"status\":\"$context.status\"`) {
		t.Fatalf("the access log does not have the status as text: %s", format)
	}
	for filterID, pattern := range map[string]string{"ApiFaults": `{ $.status = "5*" }`, "ApiRequests": `{ $.status = "*" }`} {
		filter := properties(template, filterID)
		made := filter["MetricTransformations"].([]any)[0].(map[string]any)
		if filter["FilterPattern"] != pattern || !cmp.Equal(filter["LogGroupName"], ref("AccessLogs")) {
			t.Errorf("%s counts %v of %v", filterID, filter["FilterPattern"], filter["LogGroupName"])
		}
		if namespace, ok := read[made["MetricName"].(string)]; !ok || !cmp.Equal(namespace, made["MetricNamespace"]) {
			t.Errorf("the alarm does not read what %s counts: %v", filterID, read)
		}
	}
}
