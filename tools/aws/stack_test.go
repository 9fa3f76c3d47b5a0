package aws_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"roster/localdev/runtimeapi"
)

const adminPassword = "correct horse battery"

// stack is Roster with a database of its own and a secret in moto. Each of its
// functions can run twice: under AWS's emulator, and under localdev's.
type stack struct {
	t         testing.TB
	moto      *moto
	arn       string
	values    map[string]string // of the template's intrinsic functions
	extra     map[string]string // more variables of every function
	emulators map[string]*emulator
	local     map[string]*runtimeapi.Function
	log       *output // of localdev's
}

// newStack makes a stack whose secret has these members beside the usual ones.
func newStack(t testing.TB, databaseURL string, more map[string]string) *stack {
	t.Helper()
	members := map[string]string{"DATABASE_URL": databaseURL, "ROOT_KEY": rand.Text() + rand.Text(), "ADMIN_PASSWORD": adminPassword}
	maps.Copy(members, more)
	m := newMoto(t)
	arn := m.newSecret(t, members)
	return &stack{
		t: t, moto: m, arn: arn, emulators: map[string]*emulator{}, local: map[string]*runtimeapi.Function{}, log: &output{},
		values: map[string]string{
			// One secret that holds everything, as a stack that goes on with an earlier one's has.
			"SECRET_ARN": arn, "MIGRATE_SECRET_ARN": arn, "SETTINGS_SECRET_ARN": arn, "KEYS_SECRET_ARN": arn,
			"PUBLIC_SECRET_ARN": arn,
			"PUBLIC_URL":        "https://accounts.example.com", "MAIL_FROM": "no-reply@example.com",
			"ADMIN_EMAIL": "ops@example.com", "JWT_KMS_KEY": "", "DATABASE_AUTH": "password", "MIGRATE_DATABASE_USER": "",
		},
	}
}

// variables are what the template and Lambda give a function.
func (s *stack) variables(function string) []string {
	s.t.Helper()
	all := awsVariables(s.moto.url)
	for name, value := range template().Function(function).Environment {
		all[name] = value.Literal
		if value.Intrinsic {
			known, ok := s.values[name]
			if !ok {
				s.t.Fatalf("the template gives %s the variable %s; add a value for it to newStack", function, name)
			}
			all[name] = known
		}
	}
	maps.Copy(all, s.extra)
	var list []string
	for name, value := range all {
		list = append(list, name+"="+value)
	}
	return list
}

// emulator is the function under AWS's emulator.
func (s *stack) emulator(function string) *emulator {
	s.t.Helper()
	if s.emulators[function] == nil {
		f := template().Function(function)
		s.emulators[function] = emulate(s.t, function, append(s.variables(function),
			"AWS_LAMBDA_FUNCTION_NAME="+function, "AWS_LAMBDA_FUNCTION_TIMEOUT="+strconv.Itoa(f.Timeout),
			"AWS_LAMBDA_FUNCTION_MEMORY_SIZE="+strconv.Itoa(f.Memory), "AWS_LAMBDA_LOG_FORMAT=JSON", "AWS_LAMBDA_LOG_LEVEL=INFO"))
	}
	return s.emulators[function]
}

// own is the function under localdev's.
func (s *stack) own(function string) *runtimeapi.Function {
	s.t.Helper()
	if s.local[function] == nil {
		f := template().Function(function)
		running, err := runtimeapi.Start(context.Background(), runtimeapi.Config{
			Binary: binary(s.t, function), Env: s.variables(function), Timeout: time.Duration(f.Timeout) * time.Second, MemoryMB: f.Memory,
			InitTimeout: time.Minute, Log: s.log,
		})
		if err != nil {
			s.t.Fatal(err)
		}
		s.t.Cleanup(running.Close)
		s.local[function] = running
	}
	return s.local[function]
}

// official sends an event to the function under AWS's emulator.
func (s *stack) official(function string, event []byte) []byte {
	s.t.Helper()
	e := s.emulator(function)
	// The emulator is at fault: a function's error is answered like a success.
	// Lambda's Invoke has X-Amz-Function-Error beside it.
	status, body := e.invoke(event)
	if status != http.StatusOK {
		s.t.Fatalf("%s: status %d: %s\n%s", function, status, body, e.log)
	}
	return body
}

// ours sends an event to the function under localdev's. A function's error is in
// the form in which Lambda answers it.
func (s *stack) ours(function string, event []byte) []byte {
	s.t.Helper()
	body, err := s.own(function).Invoke(s.t.Context(), event)
	if failed := (*runtimeapi.FunctionError)(nil); errors.As(err, &failed) {
		return encode(s.t, map[string]string{"errorMessage": failed.Message, "errorType": failed.Type})
	}
	if err != nil {
		s.t.Fatalf("%s: %v\n%s", function, err, s.log)
	}
	return body
}

// both sends an event under either, holds that the answers are alike, and returns
// the one under AWS's emulator.
func (s *stack) both(function string, event []byte) []byte {
	s.t.Helper()
	official := s.official(function, event)
	if diff := cmp.Diff(answer(s.t, official), answer(s.t, s.ours(function, event))); diff != "" {
		s.t.Errorf("%s answers otherwise under AWS's emulator (-) than under localdev's (+) to\n%s\n%s", function, event, diff)
	}
	return official
}

// reply is what an HTTP API makes of an answer.
type reply struct {
	Status  int `json:"statusCode"`
	Headers map[string]string
	Body    string
}

// asks sends a request to a function under both, which must answer that status.
func (s *stack) asks(function string, event []byte, status int) reply {
	s.t.Helper()
	var r reply
	if raw := s.both(function, event); json.Unmarshal(raw, &r) != nil || r.Status != status {
		s.t.Fatalf("%s answers %s, want the status %d\n%s", function, raw, status, s.emulators[function].log)
	}
	return r
}
