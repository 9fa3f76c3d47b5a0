package boot_test

import "testing"

// Weakness 6 of docs/security/original-weaknesses.md: the original came with
// its secrets filled in, and read the database's address from nowhere.
func TestWeakness06NoDefaultSecrets(t *testing.T) {
	t.Parallel()
	for _, value := range []string{
		"", "your_secret_key_here", "your_jwt_secret_key_here", "your_password_salt_here", "your_jwt_secret_key_here_your_jwt_secret_key_here", "changeme", "secret", "password", "dev", "test", "flask",
		"super-secret", "................................", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "SECRET_KEY", "jwt_secret", "0", "none", "null",
	} {
		for _, name := range []string{"SECRET_KEY", "JWT_SECRET_KEY", "ROOT_KEY"} {
			e := env(name, value)
			if name == "ROOT_KEY" {
				e.Key("SECRET_KEY")
			} else {
				e.Key(name)
			}
			if problem(t, e) == "" {
				t.Errorf("%s may be %q", name, value)
			}
		}
	}
	e := env()
	e.Postgres()
	check(t, "no database", problem(t, e), "DATABASE_URL is missing")
	e = env("DATABASE_URL", "sqlite:///app.db")
	e.Postgres()
	if problem(t, e) == "" {
		t.Error("DATABASE_URL is not read")
	}
}
