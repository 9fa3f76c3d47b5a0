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

func TestHandlerAcceptsAnyEvent(t *testing.T) {
	t.Parallel()
	for event, want := range map[string]rotation.Request{
		`{"detail-type":"Scheduled Event","source":"aws.events","detail":{}}`: {},
		`{}`: {}, `null`: {}, `[]`: {}, `"start"`: {}, ``: {}, `{"start":"yes"}`: {},
		`{"start":true}`: {Start: true}, `{"replace_all":true}`: {ReplaceAll: true},
	} {
		var got rotation.Request
		_, err := rotation.Handler(func(_ context.Context, request rotation.Request) (rotation.Report, error) {
			got = request
			return rotation.Report{}, nil
		})(t.Context(), json.RawMessage(event))
		if got != want || err != nil {
			t.Errorf("%s: %+v, %v", event, got, err)
		}
	}
}
