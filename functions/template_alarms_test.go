package functions_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/metric"
	"roster/shared/aws/sam"
)

// CloudWatch reads ten metrics in one alarm, and no more.
const metricsOfAnAlarm = 10

func TestEachFunctionIsWatched(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	watched := map[string][]string{}
	for id, alarm := range resources(template, "AWS::CloudWatch::Alarm") {
		metrics, _ := alarm["Metrics"].([]any)
		stats := 0
		for _, m := range metrics {
			name, of := watches(m)
			if name == "" {
				continue
			}
			stats++
			watched[name] = append(watched[name], of)
		}
		if stats > metricsOfAnAlarm {
			t.Errorf("%s reads %d metrics, CloudWatch takes %d: start another group", id, stats, metricsOfAnAlarm)
		}
	}
	var want []string
	for _, f := range template.Functions {
		want = append(want, f.LogicalID)
	}
	slices.Sort(want)
	// Whoever has an old token makes an error of the authorizer.
	faulty := slices.DeleteFunc(slices.Clone(want), func(id string) bool { return id == "AuthorizerFunction" })
	for name, want := range map[string][]string{"Errors": faulty, "Throttles": want} {
		slices.Sort(watched[name])
		if diff := cmp.Diff(want, watched[name]); diff != "" {
			t.Errorf("functions whose %s ring (-want +got):\n%s", name, diff)
		}
	}
}

// watches returns a metric's name and whom it is about, or nothing for a sum.
func watches(entry any) (name, of string) {
	stat, _ := entry.(map[string]any)["MetricStat"].(map[string]any)
	m, _ := stat["Metric"].(map[string]any)
	if m == nil {
		return "", ""
	}
	dimension := m["Dimensions"].([]any)[0].(map[string]any)
	return m["MetricName"].(string), dimension["Value"].(map[string]any)["Ref"].(string)
}

func TestAlarmsTellTheTopicAndStopADeployment(t *testing.T) {
	t.Parallel()
	template := readTemplate(t)
	alarms := resources(template, "AWS::CloudWatch::Alarm")
	tell := map[string]any{"Fn::If": []any{"HasTopic", []any{ref("AlarmTopicArn")}, ref("AWS::NoValue")}}
	for id, alarm := range alarms {
		if diff := cmp.Diff(tell, alarm["AlarmActions"]); diff != "" {
			t.Errorf("%s tells somebody else (-want +got):\n%s", id, diff)
		}
		if alarm["TreatMissingData"] != "notBreaching" {
			t.Errorf("%s rings when nobody calls", id)
		}
	}
	for _, f := range template.Functions {
		preference := f.Properties["DeploymentPreference"].(map[string]any)
		if f.Folder == "seed_admin" {
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
		// The words are held against the log by TestTheAuthorizerFails and TestAStartNamesAllThatIsMissing.
		{"AuthorizerFailures", "AuthorizerFailedAlarm", `{ ($.AuthorizerFailed = 1) || ($.message = "the configuration is not usable*") || ($.record.status = "timeout") }`},
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
			t.Errorf("%s counted (-) and watched (+) differ:\n%s", alarmed, diff)
		}
	}
	if !strings.Contains(write(t, made["MetricNamespace"]), metric.Namespace+"/") {
		t.Errorf("the namespace is %v, want one below %s", made["MetricNamespace"], metric.Namespace)
	}
	if filter["FilterPattern"] != pattern {
		t.Errorf("the filter is %v", filter["FilterPattern"])
	}
}
