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
	"runtime"
	"strconv"
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

// localSecret stands in for the secret of a deployment. It keeps the keys of
// access tokens in secrets.json; they may change while localdev runs.
type localSecret struct {
	rotation.File

	mu      sync.Mutex
	keys    string
	members map[string]string // keys under their name; nobody changes the map
	readAt  time.Time
}

// openLocalSecret creates the keys on first use and keeps them, so that tokens
// stay valid after a restart. It returns nil when the variables already give keys.
func openLocalSecret(data string, given map[string]string) (*localSecret, error) {
	if given[jwtKeys] != "" || given["JWT_SECRET_KEY"] != "" {
		return nil, nil
	}
	env := variables.FromMap(maps.Clone(given))
	alg := rotating.Settings(env).Algorithm
	if env.Check() != nil { // check reports it later, together with all other invalid variables
		return nil, nil
	}
	v := &localSecret{File: rotation.File(filepath.Join(data, "secrets.json"))}
	err := v.File.Change(context.Background(), jwtKeys, func(kept map[string]string) (string, error) { return newRing(kept[jwtKeys], alg, time.Now()) })
	if err != nil && !errors.Is(err, rotation.ErrChanged) { // ErrChanged: another localdev created them first
		return nil, err
	}
	return v, v.load()
}

// newRing creates a key ring when there is none. Its key signs at once, because no
// instance has an older ring in memory. Tokens signed with HS256 before stay valid
// until they expire.
func newRing(kept string, alg keyring.Algorithm, now time.Time) (string, error) {
	if kept != "" {
		return "", nil
	}
	k, err := keyring.Generate(alg)
	if err != nil {
		return "", err
	}
	ring := keyring.NewRing(k, now)
	ring.HS256Until = now.Add(keyring.GracePeriod)
	b, err := ring.JSON()
	return string(b), err
}

// load reads the file. The caller holds v.mu, or is the only one that has v.
func (v *localSecret) load() error {
	text, err := os.ReadFile(string(v.File))
	if err != nil {
		return fmt.Errorf("cannot read %s (%w)", string(v.File), cause(err))
	}
	kept, err := secrets.ParseMembers(string(text))
	if err == nil {
		_, err = keyring.Parse(kept[jwtKeys])
	}
	if err != nil {
		return fmt.Errorf("%s is damaged (%w); remove it to have new secrets made (people will have to log in again)", string(v.File), err)
	}
	v.keys, v.readAt = kept[jwtKeys], time.Now()
	v.members = map[string]string{jwtKeys: v.keys}
	return nil
}

// Get returns the keys. As with a deployment's secret, a change of the file is
// seen within five minutes.
func (v *localSecret) Get(context.Context) (map[string]string, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if time.Since(v.readAt) >= secrets.FreshFor {
		if err := v.load(); err != nil {
			return nil, err
		}
	}
	return v.members, nil
}

// Recent returns the keys without reading the file, or nil if that is due.
func (v *localSecret) Recent() map[string]string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if time.Since(v.readAt) >= secrets.FreshFor {
		return nil
	}
	return v.members
}

// Refresh is Get. Callers use Refresh to get a new database password, and there is
// none here.
func (v *localSecret) Refresh(ctx context.Context) (map[string]string, error) { return v.Get(ctx) }

// Require does nothing, because load has already checked the file.
func (v *localSecret) Require(func(map[string]string) error) {}

// Change changes the file and the keys in use.
func (v *localSecret) Change(ctx context.Context, name string, compute func(map[string]string) (string, error)) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if err := v.File.Change(ctx, name, compute); err != nil {
		return err
	}
	return v.load()
}

// environment returns the functions' variables. The keys in it may change.
func (s settings) environment(ctx context.Context) *boot.Environment {
	values := maps.Clone(s.values)
	// One process serves every request, unlike a sandbox of Lambda. More connections
	// than these only make PostgreSQL switch between them.
	values["AWS_LAMBDA_MAX_CONCURRENCY"] = strconv.Itoa(max(4, runtime.NumCPU()))
	if s.secret == nil {
		return boot.FromMap(values)
	}
	return &boot.Environment{Environment: variables.WithSecret(ctx, values, s.secret)}
}

// runRotation handles POST /_run/rotate_keys when the functions run in this
// process.
func (s settings) runRotation(env *boot.Environment) http.Handler {
	if s.secret == nil {
		return conflict("JWT_KEYS or JWT_SECRET_KEY is given, so localdev keeps no keys to rotate")
	}
	job := rotation.NewJob(rotation.Stores{Keys: s.secret}, rotating.Settings(env.Environment), time.Now)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		report, err := job(r.Context(), rotation.Request{})
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(report)
	})
}

func conflict(why string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, why, http.StatusConflict) })
}

// saveRotatedKeys runs the function rotate_keys, then copies the keys from the
// local Secrets Manager to secrets.json, so that they outlive it.
func (p *stack) saveRotatedKeys(rotate http.Handler) http.Handler {
	if p.settings.secret == nil {
		return rotate
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rotate.ServeHTTP(w, r)
		now, err := secrets.ParseMembers(p.aws.Secret(secretARN))
		if err == nil {
			err = p.settings.secret.Change(r.Context(), jwtKeys, func(map[string]string) (string, error) { return now[jwtKeys], nil })
		}
		if err != nil {
			slog.Error("the rotated keys were not saved", "error", err)
		}
	})
}
