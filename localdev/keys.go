package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"roster/shared/aws/secrets"
	"roster/shared/boot"
	"roster/shared/boot/rotating"
	variables "roster/shared/boot/settings"
	"roster/shared/credential/keyring"
	"roster/shared/job/rotation"
)

const jwtKeys = "JWT_KEYS"

// vault is secrets.json in the place of a deployment's secret: it keeps the
// keys of access tokens, which may change while localdev runs.
type vault struct {
	rotation.File

	mu   sync.Mutex
	keys string
	read time.Time
}

// openVault makes the keys on first use, so that tokens outlive a restart. It
// is nil where keys are given.
func openVault(data string, given map[string]string) (*vault, error) {
	if given[jwtKeys] != "" || given["JWT_SECRET_KEY"] != "" {
		return nil, nil
	}
	env := variables.FromMap(maps.Clone(given))
	alg := rotating.Settings(env).Algorithm
	if env.Check() != nil { // which check says, with all else that is bad
		return nil, nil
	}
	v := &vault{File: rotation.File(filepath.Join(data, "secrets.json"))}
	err := v.File.Change(context.Background(), jwtKeys, func(kept map[string]string) (string, error) { return firstKey(kept[jwtKeys], alg, time.Now()) })
	if err != nil && !errors.Is(err, rotation.ErrChanged) { // by another localdev, which was quicker
		return nil, err
	}
	return v, v.load()
}

// firstKey makes a ring where there is none. Nobody has a copy of another, so
// its key signs at once; tokens from before are good for their time.
func firstKey(kept string, alg keyring.Algorithm, now time.Time) (string, error) {
	if kept != "" {
		return "", nil
	}
	k, err := keyring.Generate(alg)
	if err != nil {
		return "", err
	}
	ring := keyring.Begin(k, now)
	ring.HS256Until = now.Add(keyring.Honour)
	b, err := ring.JSON()
	return string(b), err
}

// load reads the file. v.mu is held, or nobody else knows v yet.
func (v *vault) load() error {
	text, err := os.ReadFile(string(v.File))
	if err != nil {
		return fmt.Errorf("cannot read %s (%w)", string(v.File), cause(err))
	}
	kept, err := secrets.Members(string(text))
	if err == nil {
		_, err = keyring.Parse(kept[jwtKeys])
	}
	if err != nil {
		return fmt.Errorf("%s is damaged (%w); remove it to have new secrets made (people will have to log in again)", string(v.File), err)
	}
	v.keys, v.read = kept[jwtKeys], time.Now()
	return nil
}

// Get gives the keys, as the secret of a deployment would: a change of the file
// shows within five minutes.
func (v *vault) Get(context.Context) (map[string]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if time.Since(v.read) >= secrets.FreshFor {
		if err := v.load(); err != nil {
			return nil, err
		}
	}
	return map[string]string{jwtKeys: v.keys}, nil
}

// Refresh is Get: whatever asks for it asks for the database's password.
func (v *vault) Refresh(ctx context.Context) (map[string]string, error) { return v.Get(ctx) }

// Require does nothing: load has looked.
func (v *vault) Require(func(map[string]string) error) {}

// Change changes the file, and what is in use.
func (v *vault) Change(ctx context.Context, name string, compute func(map[string]string) (string, error)) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.File.Change(ctx, name, compute); err != nil {
		return err
	}
	return v.load()
}

// live are the functions' variables, with keys that may change.
func (s settings) live(ctx context.Context) *boot.Environment {
	values := maps.Clone(s.values)
	values["AWS_LAMBDA_MAX_CONCURRENCY"] = "8" // one process serves all that is asked, unlike a sandbox
	if s.vault == nil {
		return boot.FromMap(values)
	}
	return &boot.Environment{Environment: variables.WithSecret(ctx, values, s.vault)}
}

// runRotation is POST /_run/rotate_keys in this process.
func (s settings) runRotation(env *boot.Environment) http.Handler {
	if s.vault == nil {
		return refusal("JWT_KEYS or JWT_SECRET_KEY is given, so localdev keeps no keys to rotate")
	}
	job := rotation.NewJob(s.vault, rotating.Settings(env.Environment), time.Now)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report, err := job(r.Context(), rotation.Ask{})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(report)
	})
}

func refusal(why string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, why, http.StatusConflict) })
}

// kept lets the function rotate_keys run and then puts the keys of the local
// Secrets Manager into the vault, so that they outlive it.
func (p *parts) kept(rotate http.Handler) http.Handler {
	if p.settings.vault == nil {
		return rotate
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rotate.ServeHTTP(w, r)
		now, err := secrets.Members(p.aws.Secret(secretARN))
		if err == nil {
			err = p.settings.vault.Change(r.Context(), jwtKeys, func(map[string]string) (string, error) { return now[jwtKeys], nil })
		}
		if err != nil {
			slog.Error("the keys were not kept", "error", err)
		}
	})
}
