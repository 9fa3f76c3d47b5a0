// Package settings reads the configuration of a function: the variables of the
// process, and the members of the secrets that SECRET_ARN and its like name.
// Where both have a name, the secret wins.
//
//	env := settings.Load()
//	port := env.Int("MAIL_PORT", 587, 1, 65535)
//	env.MustBeUsable()
//
// It collects everything that is wrong, reports it in one message and stops the
// start. An outage of Secrets Manager does not stop the start: see Build.
//
// It refuses to know what the values are for, and to link more than the client
// of Secrets Manager, because functions without a database use it too. Package
// boot makes the parts of a function from it.
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
)

// Environment is the configuration of a function, as it was at the start.
type Environment struct {
	values   map[string]string // environ, overridden by the secrets' members
	environ  map[string]string
	sources  []*source
	rejected map[string]string // what is wrong with a variable, by its name
	outage   error             // why a secret was not read, if reading it again may succeed
	merged   *merged
}

// Secret gives the members of a secret: see package secrets.
type Secret interface {
	Require(valid func(values map[string]string) error)
	Get(ctx context.Context) (map[string]string, error)
	Refresh(ctx context.Context) (map[string]string, error)
}

// String shows no value, so that no log does.
func (e *Environment) String() string { return "the function's environment" }

// GoString does the same for %#v.
func (e *Environment) GoString() string { return e.String() }

// secretTimeout bounds the one read of the secrets at start, retries included.
const secretTimeout = 5 * time.Second

// Load reads the environment and the secrets that it names. Check reports what
// is wrong.
//
// It makes Lambda's logger the default of slog, as lambdahttp.Start does. Load
// does it too, because the line that says why a start was refused comes before
// lambdahttp.Start, and because some functions run without HTTP.
func Load() *Environment {
	slog.SetDefault(lambdacontext.NewLogger())
	return Read(Environ())
}

// Read is Load for these variables. It leaves the logger alone: it is for a command,
// which a person reads.
func Read(values map[string]string) *Environment {
	e := FromMap(values)
	sources, err := openSources(e.values)
	if err != nil {
		e.rejectSource(err)
		return e
	}
	if len(sources) == 0 {
		return e
	}
	ctx, cancel := context.WithTimeout(context.Background(), secretTimeout)
	defer cancel()
	return withSources(ctx, e.values, sources)
}

// FromMap returns an Environment with these values and no secret.
func FromMap(values map[string]string) *Environment {
	return &Environment{values: values, environ: values, rejected: map[string]string{}, merged: &merged{}}
}

// WithSecret returns an Environment with these values, overridden by the members
// of the secrets, which are in the order of their variables. It reads the secrets
// now, and Current can read them again.
func WithSecret(ctx context.Context, values map[string]string, secrets ...Secret) *Environment {
	sources, names := make([]*source, len(secrets)), namedSecrets(values)
	for i, s := range secrets {
		sources[i] = &source{variable: names[i].variable, secret: s}
	}
	return withSources(ctx, values, sources)
}

func withSources(ctx context.Context, values map[string]string, sources []*source) *Environment {
	e := FromMap(values)
	e.sources = sources
	members, err := readSources(ctx, sources, false)
	if err != nil {
		e.rejectSource(err)
		if isTransient(err) {
			e.outage = err
		}
		return e
	}
	e.rejectMisspelled(members)
	e.values = e.addEnviron(members)
	return e
}

// Environ returns the variables of the process.
func Environ() map[string]string {
	values := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return values
}

// Scoped returns the same settings, with rejections of their own. It is for an
// optional part of a function: a mistake there must not stop the start.
func (e *Environment) Scoped() *Environment {
	scoped := *e
	scoped.rejected = map[string]string{}
	return &scoped
}

// Reject records what is wrong with a variable, for Check. The reason follows
// the variable's name, as in "must be true or false".
func (e *Environment) Reject(name, reason string) { e.rejected[name] = reason }

// Current returns the values as they are now: a secret may have changed since
// the start. With fresh it reads the secrets again, where it otherwise takes a
// recent read from memory. The caller must not change the map.
func (e *Environment) Current(ctx context.Context, fresh bool) (map[string]string, error) {
	if len(e.sources) == 0 {
		return e.values, nil
	}
	if !fresh {
		if values := e.recent(); values != nil {
			return values, nil
		}
	}
	values, err := readSources(ctx, e.sources, fresh)
	if err != nil {
		return nil, err
	}
	return e.addEnviron(values), nil
}

// addEnviron adds the variables of the process that the secrets do not have.
func (e *Environment) addEnviron(values map[string]string) map[string]string {
	for name, value := range e.environ {
		if _, overridden := values[name]; !overridden {
			values[name] = value
		}
	}
	return values
}

// Require adds a check of the values, as Current returns them, for what is read
// from a secret from now on. Values that fail it are not used: the last good
// ones stay in use.
func (e *Environment) Require(valid func(values map[string]string) error) {
	requireOf(e.sources, func(values map[string]string) error { return valid(e.addEnviron(values)) })
}

// AddError rejects a variable because nothing could be made from its value. The
// error's text may begin with the variable's name, which is not repeated.
func (e *Environment) AddError(name string, err error) {
	e.Reject(name, "("+strings.TrimPrefix(err.Error(), name+" ")+")")
}

// Check returns one error that names every bad variable, or nil.
func (e *Environment) Check() error {
	if len(e.rejected) == 0 {
		return nil
	}
	if err := e.checkSources(); err != nil {
		return err
	}
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(e.rejected)) {
		parts = append(parts, name+" "+e.rejected[name])
	}
	return fmt.Errorf("the configuration is not usable: %s", strings.Join(parts, "; "))
}

// Rejected returns what is wrong with each variable that was asked for, by its name.
// The reason follows the name, as in "must be true or false".
func (e *Environment) Rejected() map[string]string { return maps.Clone(e.rejected) }

// MustBeUsable logs the error of Check, if there is one, and ends the process.
func (e *Environment) MustBeUsable() {
	if err := e.Check(); err != nil {
		slog.Error(err.Error())
		os.Exit(1)
	}
}

// Required returns a value. It rejects a variable that is missing or empty.
func (e *Environment) Required(name string) string {
	v := e.values[name]
	if v == "" {
		e.Reject(name, "is missing")
	}
	return v
}

// Optional returns a value, or the fallback if it is missing or empty.
func (e *Environment) Optional(name, fallback string) string {
	if v := e.values[name]; v != "" {
		return v
	}
	return fallback
}

// Int returns a whole number from lowest to highest, or the fallback if the
// variable is missing or empty.
func (e *Environment) Int(name string, fallback, lowest, highest int) int {
	v := e.values[name]
	if v == "" {
		return fallback
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < lowest || n > highest {
		e.Reject(name, fmt.Sprintf("must be a whole number from %d to %d", lowest, highest))
		return fallback
	}
	return n
}

// Bool returns a boolean, or the fallback if the variable is missing or empty.
// It ignores case, so that it reads True and False as Flask writes them.
func (e *Environment) Bool(name string, fallback bool) bool {
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

// originForm is a scheme, a host name or IP address, and perhaps a port.
var originForm = regexp.MustCompile(`^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// mappingForm is the path at which a domain has the API: API Gateway's API mapping
// key, in which each segment has these characters.
var mappingForm = regexp.MustCompile(`^(/[A-Za-z0-9$_.+!*'(),-]+)*$`)

// PublicURL returns the address, an origin and perhaps a path, at which people and
// clients reach the API: PUBLIC_URL, or the API's own address (API_URL), which a
// deployment writes beside the keys as soon as it is known.
func (e *Environment) PublicURL() string {
	if e.values["PUBLIC_URL"] == "" && e.values["API_URL"] != "" {
		return e.Origin("API_URL")
	}
	return e.originAndPath("PUBLIC_URL")
}

// AssumePublicURL makes PublicURL return an origin that leads nowhere, if there is
// none. It is for a run that uses no link, so that all other settings are checked
// before the API's address is known.
func (e *Environment) AssumePublicURL() {
	if e.values["PUBLIC_URL"] == "" && e.values["API_URL"] == "" {
		e.values["PUBLIC_URL"] = "https://not-known-yet.invalid" // RFC 2606 §2
	}
}

// originAndPath returns an address such as https://api.example.com/auth.
func (e *Environment) originAndPath(name string) string {
	v := strings.TrimSuffix(e.Required(name), "/")
	scheme, rest, _ := strings.Cut(v, "://")
	host, path, _ := strings.Cut(rest, "/")
	if path != "" {
		path = "/" + path
	}
	isPath := mappingForm.MatchString(path) && !strings.Contains(path+"/", "/./") && !strings.Contains(path+"/", "/../")
	if v != "" && (!originForm.MatchString(scheme+"://"+host) || !isPath) {
		e.Reject(name, "must be an origin such as https://accounts.example.com, or one with a path such as https://api.example.com/auth")
	}
	return v
}

// Origin returns a required origin (RFC 6454) such as
// https://accounts.example.com. A slash at the end is removed.
func (e *Environment) Origin(name string) string {
	v := strings.TrimSuffix(e.Required(name), "/")
	if v != "" && !originForm.MatchString(v) {
		e.Reject(name, "must be an origin such as https://accounts.example.com")
	}
	return v
}
