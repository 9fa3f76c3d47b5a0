package functions_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
	"roster/shared/directory"
)

// imported invokes the function and returns its report.
func (v *service) imported(event string) (r directory.Report) {
	v.t.Helper()
	answer, err := v.functions["import_users"].Invoke(v.t.Context(), []byte(event))
	if err != nil {
		v.t.Fatalf("%v\n%s", err, v.log)
	}
	if err := json.Unmarshal(answer, &r); err != nil {
		v.t.Fatalf("%v: %s", err, answer)
	}
	return r
}

// An operator imports a file from S3. The account can log in with its old password,
// and nothing of the file is in the log.
func TestTheFunctionImportsFromS3(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.Empty(t), settings{})
	v.seed(scheduled)
	var file strings.Builder
	for i := range 1200 {
		fmt.Fprintf(&file, `{"username":"canary%d","first_name":"Canary","last_name":"Last","email":"canary%d@example.com"}`+"\n", i, i)
	}
	file.WriteString(`{"username":"no one","first_name":"Canary","last_name":"Last","email":"canary"}` + "\n")
	v.aws.SetObject("a-bucket", "users.jsonl", []byte(file.String()))
	v.aws.BreakObjects(50_000) // S3's connection breaks a few times

	const event = `{"bucket":"a-bucket","key":"users.jsonl"`
	if r := v.imported(event + `}`); !r.DryRun || r.Created != 1200 || r.Refused != 1 {
		t.Errorf("a dry run says %+v", r)
	}
	if r := v.imported(event + `,"apply":true}`); r.DryRun || r.Created != 1200 || r.Refused != 1 || r.Refusals[0].Row != 1201 || r.Next != 0 {
		t.Errorf("the import says %+v", r)
	}
	if r := v.imported(event + `,"apply":true,"policy":"update","next_row":1000}`); r.Rows != 202 || r.Unchanged != 201 {
		t.Errorf("from row 1000: %+v", r)
	}
	r := v.imported(`{"records":[{"username":"ann","first_name":"Ann","last_name":"Lee","email":"ann@example.com"},{"username":"x"}],"apply":true}`)
	if r.Created != 1 || r.Refused != 1 || r.Refusals[0].Fields["email"] != "is required" {
		t.Errorf("records: %+v", r)
	}
	v.nothingSecretIn(v.log.String(), "canary", "Canary")
}

// It refuses what it does not understand, and imports nothing then.
func TestTheImportRefusesOtherEvents(t *testing.T) {
	t.Parallel()
	v := newService(t, postgrestest.Empty(t), settings{})
	v.seed(scheduled)
	for event, want := range map[string]string{
		`{}`:                              "bucket and key, or records, say what to import",
		scheduled:                         "an import is invoked by hand",
		`{"bucket":"b"}`:                  "bucket and key are needed together",
		`{"bucket":"b","key":"k","x":1}`:  "the event is not understood",
		`{"bucket":"b","key":"missing"}`:  "S3 has no such object",
		`{"records":[{}],"policy":"all"}`: "policy must be skip, update or fail",
		`{"records":[{}],"next_row":-1}`:  "next_row must be the next_row of an earlier report",
		`{"records":[{}],"key":"k"}`:      "records must not be given with bucket and key",
	} {
		_, err := v.functions["import_users"].Invoke(t.Context(), []byte(event))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", event, err, want)
		}
	}
}
