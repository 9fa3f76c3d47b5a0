package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"roster/localdev/awstest"
)

const arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:roster-AbCdEf"

// environment returns the variables of somebody with AWS credentials, and the
// server that plays AWS.
func environment(t *testing.T, text string) (*awstest.Server, map[string]string) {
	t.Helper()
	server := awstest.New(t)
	server.SetSecret(arn, text)
	values := map[string]string{"SECRET_ARN": arn}
	for _, pair := range server.Env() {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return server, values
}

func TestTheKeysInTheSecretAreRotated(t *testing.T) {
	t.Parallel()
	server, values := environment(t, `{"ROOT_KEY":"canary-0123456789-ABCDEF-abcdefgh"}`)
	for _, c := range []struct {
		args []string
		want string // a regular expression
	}{
		{nil, `^published [\w-]{43}\n[\w-]{43}  ES256  next  since \S+Z  in the secret  signs from \S+Z\n$`},
		{nil, `^nothing was due\n[\w-]{43}  ES256  next  .*\n$`},
		{[]string{"-start"}, `^nothing was due\n`}, // there is a next key already
		{[]string{"-replace-all"}, `^signs [\w-]{43}\nremoved [\w-]{43}\n[\w-]{43}  ES256  current  since \S+Z  in the secret  the next is published from \S+Z\n$`},
		{[]string{"-start"}, `^published [\w-]{43}\n[\w-]{43}  ES256  current  .*\n[\w-]{43}  ES256  next  .*\n$`},
	} {
		var out bytes.Buffer
		if err := run(t.Context(), c.args, values, &out); err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(c.want).MatchString(out.String()) || strings.Contains(out.String(), "canary") {
			t.Errorf("%v: it printed\n%s\nwant %s", c.args, out.String(), c.want)
		}
	}
	if text := server.Secret(arn); !strings.Contains(text, `"ROOT_KEY":"canary`) || !strings.Contains(text, `"JWT_KEYS":{`) {
		t.Errorf("the secret holds %s", text)
	}
}

func TestTheKeysInAFileAreRotated(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secrets.json")
	if err := os.WriteFile(file, []byte(`{"ROOT_KEY":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-file", file}, map[string]string{"JWT_ALGORITHM": "EdDSA"}, &out); err != nil ||
		!strings.Contains(out.String(), "  EdDSA  next  ") {
		t.Errorf("%s, %v", out.String(), err)
	}
}

func TestAnErrorIsOneLineWithoutAValue(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		args   []string
		change map[string]string
		want   string
	}{
		"no secret":      {nil, map[string]string{"SECRET_ARN": ""}, "the configuration is not usable: KEYS_SECRET_ARN is missing"},
		"no credentials": {nil, map[string]string{"AWS_REGION": ""}, "the configuration is not usable: SECRET_ARN (not set: AWS_REGION;"},
		"no credentials, several secrets": {
			nil,
			map[string]string{"AWS_REGION": "", "SECRET_ARN": "", "KEYS_SECRET_ARN": arn},
			"the configuration is not usable: KEYS_SECRET_ARN (not set: AWS_REGION;",
		},
		"algorithm": {
			nil,
			map[string]string{"JWT_ALGORITHM": "HS256"},
			"the configuration is not usable: JWT_ALGORITHM must be ES256, EdDSA or RS256",
		},
		"days": {
			nil,
			map[string]string{"JWT_ROTATION_DAYS": "366"},
			"the configuration is not usable: JWT_ROTATION_DAYS must be a whole number from 0 to 365",
		},
		"unknown flag": {[]string{"-stop"}, nil, "flag provided but not defined: -stop; -h lists the flags"},
		"an argument":  {[]string{"now"}, nil, `"now" is not a flag; -h lists them`},
		"no such file": {
			[]string{"-file", "/nowhere/secrets.json"},
			nil,
			"change JWT_KEYS in /nowhere/secrets.json: no such file or directory",
		},
		"another secret": {
			nil,
			map[string]string{"SECRET_ARN": arn + "x"},
			"change JWT_KEYS in secret " + arn + "x: there is no such secret",
		},
		"no KMS key": {
			nil,
			map[string]string{"JWT_KMS_KEY": "arn:aws:kms:eu-central-1:1:key/1"},
			"change JWT_KEYS in secret " + arn + ": publish a next key: wrap key ",
		},
	} {
		_, values := environment(t, `{"ROOT_KEY":"canary"}`)
		for k, v := range c.change {
			values[k] = v
		}
		var out bytes.Buffer
		err := run(t.Context(), c.args, values, &out)
		if err == nil || !strings.HasPrefix(err.Error(), c.want) || strings.Contains(err.Error(), "canary") ||
			strings.Contains(err.Error(), "\n") || out.Len() > 0 {
			t.Errorf("%s: %v, wrote %q, want %q", name, err, out.String(), c.want)
		}
	}
}

func TestHelpMentionsTheFlags(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := run(t.Context(), []string{"-h"}, nil, &out); !errors.Is(err, flag.ErrHelp) {
		t.Error(err)
	}
	for _, want := range []string{"Usage: go run ./cmd/rotate_keys", "SECRET_ARN", "-start", "-replace-all", "-file file"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the help does not mention %s:\n%s", want, out.String())
		}
	}
}

func TestTheExitStatusIsOneAfterAnError(t *testing.T) {
	t.Parallel()
	_, values := environment(t, `{"ROOT_KEY":"x"}`)
	for arn, want := range map[string]string{values["SECRET_ARN"]: "", "": "exit status 1"} {
		cmd := exec.CommandContext(t.Context(), "go", "run", ".")
		cmd.Env = os.Environ()
		for name, value := range values {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
		cmd.Env = append(cmd.Env, "SECRET_ARN="+arn)
		out, err := cmd.CombinedOutput()
		if (want == "") != (err == nil) || want != "" && err.Error() != want {
			t.Errorf("SECRET_ARN=%q: %v\n%s", arn, err, out)
		}
	}
}
