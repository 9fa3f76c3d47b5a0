package main

import (
	"encoding/json"
	"maps"
	"os"
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

// rotate runs the command.
func rotate(t *testing.T, values map[string]string, args ...string) result {
	t.Helper()
	return command(t, values, append([]string{"keys", "rotate"}, args...)...)
}

func TestTheKeysInTheSecretAreRotated(t *testing.T) {
	t.Parallel()
	server, values := environment(t, `{"ROOT_KEY":"canary-0123456789-ABCDEF-abcdefgh"}`)
	before := maps.Clone(values)
	for _, c := range []struct {
		args []string
		want string // a regular expression
	}{
		{nil, `^published [\w-]{43}\n[\w-]{43}  ES256  next  since \S+Z  in the secret  signs from \S+Z\n$`},
		{nil, `^nothing was due\n[\w-]{43}  ES256  next  .*\n$`},
		{[]string{"--start"}, `^nothing was due\n`}, // there is a next key already
		{[]string{"--replace-all", "--yes"}, `^signs [\w-]{43}\nremoved [\w-]{43}\n[\w-]{43}  ES256  current  since \S+Z  in the secret  the next is published from \S+Z\n$`},
		{[]string{"--start"}, `^published [\w-]{43}\n[\w-]{43}  ES256  current  .*\n[\w-]{43}  ES256  next  .*\n$`},
	} {
		r := rotate(t, values, c.args...)
		if r.code != exitOK || r.err != "" || !regexp.MustCompile(c.want).MatchString(r.out) || strings.Contains(r.out, "canary") {
			t.Errorf("%v: %+v\nwant %s", c.args, r, c.want)
		}
	}
	if text := server.Secret(arn); !strings.Contains(text, `"ROOT_KEY":"canary`) || !strings.Contains(text, `"JWT_KEYS":{`) {
		t.Errorf("the secret holds %s", text)
	}
	if !maps.Equal(values, before) {
		t.Error("it changed the variables of the process")
	}
}

func TestTheKeysInAFileAreRotated(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secrets.json")
	if err := os.WriteFile(file, []byte(`{"ROOT_KEY":"x"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	r := rotate(t, map[string]string{"JWT_ALGORITHM": "EdDSA"}, "--file", file, "--json")
	var got struct {
		Did  []string
		Keys []struct{ Alg, State string }
	}
	if err := json.Unmarshal([]byte(r.out), &got); err != nil || len(got.Did) != 1 || len(got.Keys) != 1 || got.Keys[0].Alg != "EdDSA" || got.Keys[0].State != "next" {
		t.Errorf("%v, %+v", err, r)
	}
}

// A deployment's keys are not replaced by mistake.
func TestKeysAreReplacedAfterAYesOnly(t *testing.T) {
	t.Parallel()
	server, values := environment(t, `{"ROOT_KEY":"canary-0123456789-ABCDEF-abcdefgh"}`)
	rotate(t, values)
	before := server.Secret(arn)
	rotate(t, values, "--replace-all").fails(t, exitUsage, "this cannot be undone, and there is no terminal to ask on; give --yes to do it")
	if r := at(t, terminal("n"), values, "keys", "rotate", "--replace-all"); r.code != exitFailed || server.Secret(arn) != before {
		t.Errorf("%+v", r)
	}
	if r := at(t, terminal("y"), values, "keys", "rotate", "--replace-all"); r.code != exitOK || server.Secret(arn) == before {
		t.Errorf("%+v", r)
	}
}

func TestRotateRefuses(t *testing.T) {
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
		"unknown flag": {[]string{"--stop"}, nil, "unknown flag: --stop; roster keys rotate --help lists the flags"},
		"an argument":  {[]string{"now"}, nil, `"now" is one argument too many: roster keys rotate`},
		"no such file": {
			[]string{"--file", "/nowhere/secrets.json"},
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
		"a database": {[]string{"--database", "postgres://h/d"}, nil, "this command works on the keys' secret; it takes neither --url nor --database"},
	} {
		_, values := environment(t, `{"ROOT_KEY":"canary"}`)
		maps.Copy(values, c.change)
		r, code := rotate(t, values, c.args...), exitFailed
		if name == "unknown flag" || name == "an argument" || name == "a database" {
			code = exitUsage
		}
		if r.fails(t, code, c.want); strings.Contains(r.err, "canary") {
			t.Errorf("%s: it shows a value: %s", name, r.err)
		}
	}
}
