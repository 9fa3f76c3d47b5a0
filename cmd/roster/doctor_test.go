package main

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"roster"
	"roster/cmd/roster/doctor"
)

const examined = `not checked  settings                            no settings of the functions are set here
                                                 -> set DATABASE_URL, ROOT_KEY and the others of docs/configuration.md, or the ARNs of their secrets (the outputs of the stack)
not checked  stack                               no AWS credentials (not set: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)
                                                 -> for example: eval "$(aws configure export-credentials --format env)"; export AWS_REGION=…
not checked  stack: log retention                no AWS credentials (not set: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)
                                                 -> for example: eval "$(aws configure export-credentials --format env)"; export AWS_REGION=…
not checked  stack: alarms                       no AWS credentials (not set: AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY)
                                                 -> for example: eval "$(aws configure export-credentials --format env)"; export AWS_REGION=…
not checked  database                            no settings of the functions are set here
                                                 -> set DATABASE_URL, ROOT_KEY and the others of docs/configuration.md, or the ARNs of their secrets (the outputs of the stack)
warning      address: https                      URL is for this machine only
                                                 -> set PUBLIC_URL to the https address of the deployment
ok           address: /healthz                   it runs Roster VERSION
not checked  address: certificate                there is no TLS
                                                 -> set PUBLIC_URL to an https address
ok           address: clock                      it differs by 0s from the clock here
ok           address: PUBLIC_URL of the functions  URL
not checked  mail                                no settings of the functions are set here
                                                 -> set DATABASE_URL, ROOT_KEY and the others of docs/configuration.md, or the ARNs of their secrets (the outputs of the stack)

3 ok, 1 warning, 0 failed, 7 not checked
`

// The real API answers what the checks of an address ask for.
func TestDoctorExaminesAnAddress(t *testing.T) {
	t.Parallel()
	p := service(t)
	r := command(t, nil, "doctor", "--url", p.address)
	want := strings.NewReplacer("URL is", p.address+" is", "functions  URL", "functions  "+p.address, "VERSION", roster.Version).Replace(examined)
	if words(r.out) != words(want) || r.code != exitOK || r.err != "" {
		t.Errorf("%d, %q\n%s\nwant\n%s", r.code, r.err, r.out, want)
	}
	if strings.Contains(r.out, "\t") || !strings.Contains(r.out, "\nok           address: /healthz") {
		t.Errorf("the columns are not aligned:\n%s", r.out)
	}
}

// words is a text without its columns.
func words(text string) string { return strings.Join(strings.Fields(text), " ") }

// A whole deployment, with the settings that the functions have.
func TestDoctorExaminesADeployment(t *testing.T) {
	t.Parallel()
	p := database(t)
	environ := maps.Clone(p.environ)
	for name := range environ {
		if strings.HasPrefix(name, "AWS_") {
			delete(environ, name)
		}
	}
	environ["MAIL_SERVER"], environ["MAIL_PORT"], environ["PUBLIC_URL"] = "127.0.0.1", "1", "https://127.0.0.1:1"
	r := command(t, environ, "doctor", "--json", "--connections", "50")
	var got struct{ Findings []doctor.Finding }
	if err := json.Unmarshal([]byte(r.out), &got); err != nil {
		t.Fatalf("%v, %+v", err, r)
	}
	status := map[string]doctor.Status{}
	for _, f := range got.Findings {
		status[f.Check] = f.Status
	}
	for check, want := range map[string]doctor.Status{
		"settings": doctor.OK, "database: an active ADMIN": doctor.OK, "database: connections": doctor.OK, "database: migrations": doctor.NotChecked,
		"address: reachable": doctor.Failed, "mail: SMTP server": doctor.Failed,
	} {
		if status[check] != want {
			t.Errorf("%s: %q, want %s", check, status[check], want)
		}
	}
	if r.code != exitFailed || !strings.HasPrefix(r.err, "roster: 2 of ") || strings.Contains(r.out+r.err, "canary") {
		t.Errorf("%d, %q", r.code, r.err)
	}
}

func TestDoctorNeedsSomethingToExamine(t *testing.T) {
	t.Parallel()
	r := command(t, nil, "doctor")
	if r.code != exitFailed || r.err != "roster: nothing could be checked; give --url, or the settings of the functions\n" || !strings.Contains(r.out, "0 ok, 0 warnings, 0 failed, 7 not checked") {
		t.Errorf("%+v", r)
	}
}
