package boot_test

import "testing"

// Weakness 6 of docs/security/original-weaknesses.md: the original program had
// its secrets in its code, and no setting for the database's address.
func TestWeakness06NoDefaultSecrets(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"", "your_secret_key_here", "your_jwt_secret_key_here", "your_password_salt_here",
		"your_jwt_secret_key_here_your_jwt_secret_key_here", "changeme", "secret", "password", "dev", "test", "flask",
		"super-secret", "................................", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "SECRET_KEY", "jwt_secret", "0",
		"none", "null",
	} {
		for _, name := range []string{"SECRET_KEY", "JWT_SECRET_KEY", "ROOT_KEY"} {
			e := env(name, value)
			if name == "ROOT_KEY" {
				e.Key("SECRET_KEY")
			} else {
				e.Key(name)
			}
			if rejection(t, e) == "" {
				t.Errorf("%s=%q is accepted", name, value)
			}
		}
	}
	e := env()
	e.Postgres()
	check(t, "no database", rejection(t, e), "DATABASE_URL is missing")
	e = env("DATABASE_URL", "sqlite:///app.db")
	e.Postgres()
	if rejection(t, e) == "" {
		t.Error("a DATABASE_URL that is not PostgreSQL's is accepted")
	}
}
