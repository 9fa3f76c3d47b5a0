package rdsauth_test

import (
	"encoding/json"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/google/go-cmp/cmp"

	"roster/shared/aws/rdsauth"
)

// botocore's tokens, by tools/rdsauth/tokens.py.
type vectors struct {
	MadeBy      string `json:"made_by"`
	At          time.Time
	Key, Secret string
	Tokens      []struct {
		Name, Region, Host, User, Session, Token string
		Port                                     uint16
	}
}

func read(t testing.TB) (v vectors) {
	t.Helper()
	text, err := os.ReadFile("testdata/tokens.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil || len(v.Tokens) < 6 {
		t.Fatalf("%d tokens, %v", len(v.Tokens), err)
	}
	return v
}

// parts are a token's host and parameters, with the signature among them. Their
// order is the SDK's own and not signed.
func parts(t *testing.T, token string) (string, url.Values) {
	t.Helper()
	before, query, found := strings.Cut(token, "?")
	values, err := url.ParseQuery(query)
	if !found || err != nil {
		t.Fatalf("%q: %v", token, err)
	}
	return before, values
}

// For the same clock and credentials the tokens are botocore's, signature
// included.
func TestTokensAreThoseOfBotocore(t *testing.T) {
	t.Parallel()
	v := read(t)
	for _, c := range v.Tokens {
		cfg := aws.Config{Region: c.Region, Credentials: credentials.NewStaticCredentialsProvider(v.Key, v.Secret, c.Session)}
		got, err := rdsauth.New(cfg, func() time.Time { return v.At }).Token(t.Context(), rdsauth.Endpoint{Host: c.Host, Port: c.Port}, c.User)
		if err != nil {
			t.Fatalf("%s: %v", c.Name, err)
		}
		gotHost, gotValues := parts(t, got)
		wantHost, wantValues := parts(t, c.Token)
		if diff := cmp.Diff(wantValues, gotValues); diff != "" || gotHost != wantHost || len(got) != len(c.Token) {
			t.Errorf("%s: host %s, want %s; (-%s +ours):\n%s", c.Name, gotHost, wantHost, v.MadeBy, diff)
		}
	}
}

// A function may be in another Region than its database.
func TestTheRegionIsTheDatabases(t *testing.T) {
	t.Parallel()
	cfg := aws.Config{Region: "us-west-2", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "")}
	for region, want := range map[string]string{"eu-central-1": "/eu-central-1/rds-db/", "": "/us-west-2/rds-db/"} {
		token, err := rdsauth.New(cfg, time.Now).Token(t.Context(), rdsauth.Endpoint{Host: "db.example.com", Port: 5432, Region: region}, "ann")
		if err != nil {
			t.Fatal(err)
		}
		if _, values := parts(t, token); !strings.Contains(values.Get("X-Amz-Credential"), want) {
			t.Errorf("Region %q: %s", region, values.Get("X-Amz-Credential"))
		}
	}
}

func TestNoCredentials(t *testing.T) {
	t.Parallel()
	cfg := aws.Config{Region: "eu-central-1", Credentials: aws.AnonymousCredentials{}}
	if token, err := rdsauth.New(cfg, time.Now).Token(t.Context(), rdsauth.Endpoint{Host: "db.example.com", Port: 5432}, "ann"); err == nil {
		t.Errorf("a token without credentials: %s", token)
	}
}

func BenchmarkToken(b *testing.B) {
	cfg := aws.Config{Region: "eu-central-1", Credentials: credentials.NewStaticCredentialsProvider("id", "secret", "session")}
	s := rdsauth.New(cfg, time.Now)
	for b.Loop() {
		if _, err := s.Token(b.Context(), rdsauth.Endpoint{Host: "db.c9akciq32.eu-central-1.rds.amazonaws.com", Port: 5432}, "roster"); err != nil {
			b.Fatal(err)
		}
	}
}
