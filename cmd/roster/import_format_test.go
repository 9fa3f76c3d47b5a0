package main

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"roster/localdev/postgrestest"
	hasher "roster/shared/credential/password"
)

// The samples are in shared/directory/convert. Each hash in them is one of
// flaskPassword, which the libraries of the systems' own languages made.
func sample(name string) string {
	return filepath.Join("..", "..", "shared", "directory", "convert", "testdata", name)
}

func TestImportsOfOtherSystems(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		arguments []string
		accounts  []string // who can log in
		created   int
		refused   []string
		without   int // accounts without a password
	}{
		"django":   {[]string{sample("django.json")}, []string{"admin"}, 2, nil, 1},
		"auth0":    {[]string{sample("auth0.ndjson"), "--hashes", sample("auth0_hashes.ndjson")}, []string{"test2"}, 3, nil, 2},
		"cognito":  {[]string{sample("cognito.csv")}, nil, 3, nil, 3},
		"supabase": {[]string{sample("supabase.csv")}, []string{"ann"}, 2, []string{"row was deleted there", "row is an anonymous user"}, 3},
		"keycloak": {
			[]string{sample("keycloak.json")},
			[]string{"sha256.user", "sha512.user", "sha1.user", "argon2.user"},
			4,
			[]string{"its algorithm is", "is the service account of the client shop"},
			2,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := map[string]string{"DATABASE_URL": postgrestest.URL(t)}
			arguments := slices.Concat([]string{"import", "--format", name, "--json"}, test.arguments)
			for _, run := range []struct {
				flag             string
				created, already int
			}{{"--policy=skip", test.created, 0}, {"--apply", test.created, 0}, {"--apply", 0, test.created}} {
				r := command(t, environ, append(arguments, run.flag)...)
				var report convertedReport
				if err := json.Unmarshal([]byte(r.out), &report); err != nil {
					t.Fatalf("%s: %+v", run.flag, r)
				}
				if report.Created != run.created || report.Unchanged != run.already || len(report.Refusals) != len(test.refused) || report.WithoutPassword != test.without {
					t.Errorf("%s: %+v", run.flag, r)
				}
				for i, refusal := range report.Refusals {
					if got := refusal.Fields.String(); !strings.Contains(got, test.refused[i]) {
						t.Errorf("%s: row %d: %s, want %s", run.flag, refusal.Row, got, test.refused[i])
					}
				}
			}
			for _, username := range test.accounts {
				u, err := postgrestest.Open(t).UserByUsername(t.Context(), username)
				if err != nil || u == nil {
					t.Fatalf("%s: %v, %v", username, u, err)
				}
				if ok, stale, err := hasher.NewHasher("").Verify(u.PasswordHash, flaskPassword); !ok || !stale || err != nil {
					t.Errorf("%s: %v, %v, %v", username, ok, stale, err)
				}
				if ok, _, _ := hasher.NewHasher("").Verify(u.PasswordHash, flaskPassword+"x"); ok {
					t.Errorf("%s: a wrong password is accepted", username)
				}
			}
		})
	}
}

func TestImportOfAnotherSystemRefusesMistakes(t *testing.T) {
	t.Parallel()
	environ := map[string]string{"DATABASE_URL": postgrestest.URL(t)}
	command(t, environ, "import", "--format", "ldap", sample("django.json")).fails(t, exitUsage, `there is no format "ldap"; give auth0, cognito`)
	command(t, environ, "import", "--format", "django", "-").fails(t, exitUsage, "--format needs a file")
	command(t, environ, "import", "--format", "django", "--hashes", sample("django.json"), sample("django.json")).fails(t, exitUsage, "an export of django has the password hashes in it")
	command(t, environ, "import", "--format", "keycloak", sample("django.json")).fails(t, exitFailed, "account 1 of the file has no id")
	// A file of another kind is no success with nothing to do.
	lines := inFile(t, rowsOf(2))
	command(t, environ, "import", "--format", "django", lines).fails(t, exitFailed, lines+" has no account in the form of django; check --format")
	numbers := inFile(t, `{"user_id":1}`)
	command(t, environ, "import", "--format", "auth0", numbers).fails(t, exitFailed, "account 1 of the file is not in the form of this system: its ")
	command(t, environ, "import", "--format", "django", "/nowhere").fails(t, exitFailed, "open /nowhere")
	if n := countUsers(t); n > 0 {
		t.Errorf("%d accounts", n)
	}
}
