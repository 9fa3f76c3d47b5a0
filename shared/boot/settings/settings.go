// Package settings is the configuration of a function: the process's
// environment with the values of the secret that SECRET_ARN names over it. It
// collects everything that is wrong, says so in one message and stops the
// start. An outage of Secrets Manager is nothing wrong: see Build.
//
// It refuses to know what the values are for, and to link more than the client
// of Secrets Manager: a function without a database needs it as well as one
// with. Package boot makes the parts of it.
package settings

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"roster/shared/aws/awsenv"
	"roster/shared/aws/secrets"
)

// Environment is the configuration of a function, as it was at the start.
type Environment struct {
	values   map[string]string // environ, with the secret's over them
	environ  map[string]string
	secret   Secret
	problems map[string]string
	outage   error // why the secret was not read, where that may pass by itself
}

// Secret is where the secret's values can be read again: see package secrets.
type Secret interface {
	Require(good func(values map[string]string) error)
	Get(ctx context.Context) (map[string]string, error)
	Refresh(ctx context.Context) (map[string]string, error)
}

// String shows nothing of the values, so that no log does.
func (e *Environment) String() string { return "the function's environment" }

// GoString does the same for %#v.
func (e *Environment) GoString() string { return e.String() }

// secretTimeout bounds the one read of the secret at start, retries included.
const secretTimeout = 5 * time.Second

// Load reads the environment and, where SECRET_ARN is set, the secret. A
// problem shows at Check.
//
// It makes Lambda's logger the default of slog, as lambdahttp.Start does: the
// line that says why a start was refused must be found like every other, and
// what runs without HTTP logs, too.
func Load() *Environment {
	slog.SetDefault(lambdacontext.NewLogger())
	e := FromMap(Environ())
	arn := e.values["SECRET_ARN"]
	if arn == "" {
		return e
	}
	cfg, err := awsenv.From(func(name string) string { return e.values[name] })
	if err != nil {
		e.Reject("SECRET_ARN", "cannot be read: "+err.Error())
		return e
	}
	ctx, cancel := context.WithTimeout(context.Background(), secretTimeout)
	defer cancel()
	return WithSecret(ctx, e.values, secrets.Open(cfg, arn))
}

// Of returns an Environment of the values alone.
func FromMap(values map[string]string) *Environment {
	return &Environment{values: values, environ: values, problems: map[string]string{}}
}

// Over returns an Environment of the values with the secret's over them, which
// are read now and can be read again.
func WithSecret(ctx context.Context, values map[string]string, secret Secret) *Environment {
	e := FromMap(values)
	e.secret = secret
	now, err := e.Current(ctx, false)
	if err != nil {
		e.Reject("SECRET_ARN", "cannot be read: "+err.Error())
		if isTransient(err) {
			e.outage = err
		}
		return e
	}
	e.values = now
	return e
}

// Environ returns the process's environment, by name.
func Environ() map[string]string {
	values := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return values
}

// Aside is the same settings with a list of problems of its own, for a part that
// a function can do without: a mistake in it must not stop the rest.
func (e *Environment) Scoped() *Environment {
	aside := *e
	aside.problems = map[string]string{}
	return &aside
}

// Problem notes what is wrong with a variable.
func (e *Environment) Reject(name, what string) { e.problems[name] = what }

// Current are the values as they are now: the secret's may have changed since
// the start. Fresh asks for such as are not from memory. The map is not to be
// changed.
func (e *Environment) Current(ctx context.Context, fresh bool) (map[string]string, error) {
	if e.secret == nil {
		return e.values, nil
	}
	read := e.secret.Get
	if fresh {
		read = e.secret.Refresh
	}
	values, err := read(ctx)
	if err != nil {
		return nil, err
	}
	return e.withEnviron(values), nil
}

// withEnviron adds the process's environment to the secret's values, for what
// the secret does not have.
func (e *Environment) withEnviron(values map[string]string) map[string]string {
	for name, value := range e.environ {
		if _, over := values[name]; !over {
			values[name] = value
		}
	}
	return values
}

// Require holds the values, as Current gives them, against a condition from the
// next reading of the secret on. A reading that fails it counts as none, and the
// last good one goes on serving.
func (e *Environment) Require(good func(values map[string]string) error) {
	if e.secret != nil {
		e.secret.Require(func(values map[string]string) error { return good(e.withEnviron(maps.Clone(values))) })
	}
}

// Refuse notes that a part could not be made of a variable. What the error says
// begins with a variable's name already.
func (e *Environment) AddError(name string, err error) {
	e.Reject(name, "("+strings.TrimPrefix(err.Error(), name+" ")+")")
}

// Check returns one error that names every bad variable, or nil.
func (e *Environment) Check() error {
	if len(e.problems) == 0 {
		return nil
	}
	if what, unread := e.problems["SECRET_ARN"]; unread { // all that is missing is missing for that
		return fmt.Errorf("the configuration is not usable: SECRET_ARN %s", what)
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(e.problems)) {
		parts = append(parts, name+" "+e.problems[name])
	}
	return fmt.Errorf("the configuration is not usable: %s", strings.Join(parts, "; "))
}

// MustBeUsable stops the process with Check's message, if it has one.
func (e *Environment) MustBeUsable() {
	if err := e.Check(); err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}

// Text returns a value that must be there.
func (e *Environment) Text(name string) string {
	v := e.values[name]
	if v == "" {
		e.Reject(name, "is missing")
	}
	return v
}

// Optional returns a value, or the fallback where there is none.
func (e *Environment) Optional(name, fallback string) string {
	if v := e.values[name]; v != "" {
		return v
	}
	return fallback
}

// Number returns a whole number within bounds, or the fallback.
func (e *Environment) Number(name string, fallback, least, most int) int {
	v := e.values[name]
	if v == "" {
		return fallback
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		e.Reject(name, fmt.Sprintf("must be a whole number from %d to %d", least, most))
		return fallback
	}
	return n
}

// Switch returns a boolean, or the fallback. It takes Flask's True and False,
// too.
func (e *Environment) Switch(name string, fallback bool) bool {
	switch strings.ToLower(e.values[name]) {
	case "":
		return fallback
	case "true", "on", "yes", "1":
		return true
	case "false", "off", "no", "0":
		return false
	}
	e.Reject(name, "must be true or false")
	return fallback
}

// origin is a scheme and a host, by name or by number.
var origin = regexp.MustCompile(`^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// Origin returns an origin such as https://accounts.example.com, without a
// slash at its end.
func (e *Environment) Origin(name string) string {
	v := strings.TrimSuffix(e.Text(name), "/")
	if v != "" && !origin.MatchString(v) {
		e.Reject(name, "must be an origin such as https://accounts.example.com")
	}
	return v
}
