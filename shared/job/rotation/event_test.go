package rotation_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"roster/shared/job/rotation"
)

func TestLogAndReportShowNoPrivateKey(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&log, nil)))
	defer slog.SetDefault(before)
	d := newDeployment(t, initialSecret)
	var shown []any
	for _, request := range []rotation.Request{{}, {Start: true}, {ReplaceAll: true}} {
		answer, err := rotation.Handler(d.job())(t.Context(), marshal(t, request))
		if err != nil {
			t.Fatal(err)
		}
		shown = append(shown, answer)
		var doc struct {
			Keys struct{ Keys []struct{ Private string } } `json:"JWT_KEYS"`
		}
		if err := json.Unmarshal([]byte(d.server.Secret(arn)), &doc); err != nil {
			t.Fatal(err)
		}
		for _, k := range doc.Keys.Keys {
			raw, err := base64.StdEncoding.DecodeString(k.Private)
			if err != nil || len(raw) == 0 {
				t.Fatal("no private key to look for")
			}
			for _, form := range []string{k.Private, fmt.Sprint(raw), fmt.Sprintf("%x", raw[36:68])} {
				if text := log.String() + fmt.Sprintf("%+v %s", shown, marshal(t, shown)); strings.Contains(text, form) || strings.Contains(text, "canary") {
					t.Errorf("shown: %s", text)
				}
			}
		}
	}
	for _, line := range []string{`"msg":"audit","action":"key_published","kid":"`, `"action":"key_signs"`, `"action":"key_removed"`} {
		if !strings.Contains(log.String(), line) {
			t.Errorf("the log has no %s:\n%s", line, log.String())
		}
	}
}

func marshal(t *testing.T, v any) json.RawMessage {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHandlerAcceptsTheScheduleAndRequests(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]rotation.Request{
		`{"version":"0","detail-type":"Scheduled Event","source":"aws.events","detail":{}}`: {},
		`{}`: {}, `null`: {}, ``: {}, ` {} `: {},
		`{"start":true}`: {Start: true}, `{"replace_all":true}`: {ReplaceAll: true}, `{"start":false}`: {},
		`{"start":true,"replace_all":true}`: {Start: true, ReplaceAll: true},
	} {
		got, runs, err := handle(t, event)
		if got != want || runs != 1 || err != nil {
			t.Errorf("%s: %+v, %d runs, %v", event, got, runs, err)
		}
	}
}

// In an emergency a misspelled request must not look like one that was done.
func TestHandlerRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for _, event := range []string{
		`{"replaceAll":true}`, `{"replace_all":"true"}`, `{"replace_all":1}`, `{"start":"yes"}`, `{"replace_all":true,"reason":"leak"}`,
		`[]`, `"start"`, `true`, `{"start":true`, `{"start":true} {"replace_all":true}`, `{"replace_all":true}]`, `{"source":"somebody"}`, `{"First":true}`, `{"APIURL":"https://a.example"}`,
	} {
		_, runs, err := handle(t, event)
		if err == nil || runs != 0 || !strings.Contains(err.Error(), "nothing was done") {
			t.Errorf("%s: %d runs, %v", event, runs, err)
		}
	}
}

func handle(t *testing.T, event string) (got rotation.Request, runs int, err error) {
	t.Helper()
	_, err = rotation.Handler(func(_ context.Context, request rotation.Request) (rotation.Report, error) {
		got = request
		runs++
		return rotation.Report{}, nil
	})(t.Context(), json.RawMessage(event))
	return got, runs, err
}
