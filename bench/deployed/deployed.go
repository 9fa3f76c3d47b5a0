// Package deployed runs the functions of template.yaml for the benchmark as they are
// deployed: each binary is a process behind the Lambda Runtime API, with the
// variables of the template, a secret in a played Secrets Manager, and the caller's
// PostgreSQL. It refuses to judge: it starts, sends and counts nothing.
package deployed

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"roster"
	"roster/localdev/awstest"
	"roster/localdev/runtimeapi"
	"roster/shared/aws/sam"
	"roster/shared/credential/keyring"
)

// Hello is the folder of the smallest function possible, beside Roster's own.
const Hello = "hello"

const secretARN = "arn:aws:secretsmanager:eu-central-1:000000000000:secret:bench"

// generous is more than a benchmark sends in an hour.
const generous = "1000000/1h"

// Deployment is Roster's functions, built, with what surrounds them.
type Deployment struct {
	Template *sam.Template
	aws      *awstest.Server
	binary   func(folder string) string
	built    string // the folder to remove, or ""
	values   map[string]string
}

// Options say what to run.
type Options struct {
	DatabaseURL string // of a database that has been migrated
	// Settings replace the usual ones; they need not name the database or any key.
	Settings map[string]string
	// Binary returns the path of a function's program, where all are built already, as
	// for tests, which share one build. Without it New builds them.
	Binary func(folder string) string
}

// New prepares all functions and hello, for this machine.
func New(ctx context.Context, o Options) (*Deployment, error) {
	template, err := sam.Parse(roster.Template)
	if err != nil {
		return nil, err
	}
	ring, err := newRing()
	if err != nil {
		return nil, err
	}
	d := &Deployment{Template: template, binary: o.Binary, values: map[string]string{
		"DATABASE_URL": o.DatabaseURL, "DATABASE_AUTH": "password", "ROOT_KEY": rand.Text() + rand.Text(), "JWT_KEYS": ring,
		"PUBLIC_URL": "https://accounts.example.com", "MAIL_FROM": "no-reply@example.com", "ADMIN_EMAIL": "ops@example.com",
		"REGISTRATION":                "open",
		"LIMIT_LOGIN_ACCOUNT_NETWORK": generous, "LIMIT_LOGIN_NETWORK": generous, "LIMIT_REGISTER_NETWORK": generous,
	}}
	maps.Copy(d.values, o.Settings)
	secret, err := json.Marshal(d.values)
	if err != nil {
		return nil, err
	}
	if d.binary == nil {
		if d.built, err = build(ctx); err != nil {
			return nil, err
		}
		d.binary = func(folder string) string { return filepath.Join(d.built, folder) }
	}
	if d.aws, err = awstest.Start(); err != nil {
		_ = os.RemoveAll(d.built)
		return nil, err
	}
	d.aws.SetSecret(secretARN, string(secret))
	return d, nil
}

// Close removes the binaries that New has built. The functions must have been closed.
func (d *Deployment) Close() {
	d.aws.Close()
	_ = os.RemoveAll(d.built)
}

// Start prepares a function, which starts its process at the first event. A
// function that is not in the template gets no variables. Before an answer is
// returned, took gets the time since the event was delivered; it may be nil.
func (d *Deployment) Start(folder string, took func(time.Duration)) (*runtimeapi.Function, error) {
	cfg := runtimeapi.Config{Binary: d.Binary(folder), InitTimeout: time.Minute, Timeout: time.Minute, MaxInstances: 1}
	if took != nil {
		cfg.OnReport = func(r runtimeapi.Report) { took(r.Duration) }
	}
	if f := d.Template.Function(folder); f != nil {
		cfg.Env = append(d.aws.Env(), f.Variables(secretARN, d.values)...)
		cfg.MemoryMB = f.Memory
	}
	return runtimeapi.Start(context.Background(), cfg)
}

// Binary is the path of a function's program.
func (d *Deployment) Binary(folder string) string { return d.binary(folder) }

func newRing() (string, error) {
	k, err := keyring.Generate(keyring.ES256)
	if err != nil {
		return "", err
	}
	text, err := keyring.NewRing(k, time.Now().Add(-time.Hour)).JSON()
	return string(text), err
}

func build(ctx context.Context) (bin string, err error) {
	gomod, err := exec.CommandContext(ctx, "go", "env", "GOMOD").Output()
	root := filepath.Dir(strings.TrimSpace(string(gomod)))
	if err != nil || root == "." {
		return "", errors.New("the benchmark builds the functions: start it in the project's folder, with go on the PATH")
	}
	if bin, err = os.MkdirTemp("", "roster-bench-"); err != nil {
		return "", err
	}
	folders := []string{filepath.Join(root, "bench", Hello), filepath.Join(root, "functions") + "/..."}
	if err := runtimeapi.Build(ctx, folders, bin); err != nil {
		_ = os.RemoveAll(bin)
		return "", fmt.Errorf("build: %w", err)
	}
	return bin, nil
}
