package postgres_test

import (
	"context"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/jackc/pgx/v5"

	"roster/localdev/pgserver"
	"roster/localdev/postgrestest"
	"roster/shared/aws/rdsauth"
	"roster/shared/postgres"
	"roster/shared/postgres/dburl"
	"roster/shared/postgres/migrations"
)

var sqlBlock = regexp.MustCompile("(?s)```sql\n(.*?)```")

// recipes are the statements of docs/database.md that make roles and database.
func recipes(t *testing.T) (password, iam string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/database.md")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range sqlBlock.FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(m[1], "create database roster") {
			found = append(found, m[1])
		}
	}
	if len(found) != 2 {
		t.Fatalf("docs/database.md has %d recipes, want one with passwords and one for IAM", len(found))
	}
	return found[0], found[1]
}

// follow runs a recipe as RDS's master user would, who is no superuser.
func follow(t *testing.T, server *pgserver.Server, recipe string) {
	t.Helper()
	run(t, server, "create role rds_iam", "create role master login createrole createdb password 'secret'", "grant rds_iam to master with admin option")
	master := at(t, server, "master", "postgres")
	for line := range strings.Lines(recipe) {
		line = strings.TrimSpace(line)
		if database, connects := strings.CutPrefix(line, `\connect `); connects {
			master = at(t, server, "master", database)
			continue
		}
		conn, err := pgx.Connect(t.Context(), master)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Exec(t.Context(), line); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		_ = conn.Close(context.Background())
	}
}

// at is the URL of a role and a database of a server.
func at(t *testing.T, server *pgserver.Server, user, database string) string {
	t.Helper()
	u, err := url.Parse(server.URL(database))
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.UserPassword(user, "secret")
	return u.String()
}

// works migrates, and then writes as a function does.
func works(t *testing.T, owner, functions string, access dburl.Access) {
	t.Helper()
	if _, err := migrations.Up(t.Context(), owner, access); err != nil {
		t.Fatal(err)
	}
	if err := migrations.Grant(t.Context(), owner, functions, access); err != nil {
		t.Fatal(err)
	}
	source := func(context.Context, bool) (string, error) { return functions, nil }
	db, err := postgres.OpenSource(t.Context(), source, postgres.Options{Access: access})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	create(t, db, account("ann"))
	if err := db.Exec(t.Context(), "delete from audit"); err == nil || !strings.Contains(err.Error(), "42501") {
		t.Errorf("the functions may delete from the audit log: %v", err)
	}
}

func TestPasswordRecipe(t *testing.T) {
	t.Parallel()
	server := postgrestest.Server(t)
	password, _ := recipes(t)
	password = strings.NewReplacer("choose one", "secret", "choose another", "secret").Replace(password)
	follow(t, server, password)
	works(t, at(t, server, "roster_owner", "roster"), at(t, server, "roster_functions", "roster"), dburl.Access{})
}

func TestIAMRecipe(t *testing.T) {
	t.Parallel()
	server, from := postgrestest.Server(t), newAuthority(t)
	_, iam := recipes(t)
	follow(t, server, iam)
	run(t, server, `do $$ begin
		assert pg_has_role('roster_owner', 'rds_iam', 'member') and pg_has_role('roster_functions', 'rds_iam', 'member');
	end $$`,
		"alter role roster_owner password 'secret'", "alter role roster_functions password 'secret'") // for the test's RDS, which logs in to PostgreSQL
	r := newRDS(t, server, from)
	signer := rdsauth.New(aws.Config{Region: "eu-central-1", Credentials: function}, r.clock)
	access := rootsOf(t, from.pem())
	access.Token = func(ctx context.Context, to dburl.Endpoint) (string, error) {
		return signer.Token(ctx, rdsauth.Endpoint{Host: to.Host, Port: to.Port}, to.User)
	}
	as := func(user string) string {
		return "postgres://" + user + "@" + r.address + "/roster?sslmode=verify-full"
	}
	works(t, as("roster_owner"), as("roster_functions"), access)
	if n := r.refused(); n > 0 {
		t.Errorf("%d logins were refused", n)
	}
}
