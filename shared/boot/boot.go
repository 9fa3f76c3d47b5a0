// Package boot assembles the parts of a function from its environment and from
// the secret that SECRET_ARN names. It is for main packages only: it collects
// everything that is wrong with the configuration, says so in one message and
// stops the start.
//
// It refuses to link what not every function with a database needs: mail has a
// package of its own, boot/mailing.
package boot

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

	"roster/shared/awsenv"
	"roster/shared/secrets"
)

// Environment is the configuration of a function: the process's environment
// with the secret's values over it.
type Environment struct {
	values   map[string]string
	secret   *secrets.Secret
	problems map[string]string
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
	e := Of(environ())
	arn := e.values["SECRET_ARN"]
	if arn == "" {
		return e
	}
	cfg, err := awsenv.From(func(name string) string { return e.values[name] })
	if err != nil {
		e.problem("SECRET_ARN", "cannot be read: "+err.Error())
		return e
	}
	ctx, cancel := context.WithTimeout(context.Background(), secretTimeout)
	defer cancel()
	e.secret = secrets.Open(cfg, arn)
	values, err := e.secret.Get(ctx)
	if err != nil {
		e.problem("SECRET_ARN", "cannot be read: "+err.Error())
		return e
	}
	maps.Copy(e.values, values)
	return e
}

// Of returns an Environment of the values alone.
func Of(values map[string]string) *Environment {
	return &Environment{values: values, problems: map[string]string{}}
}

func environ() map[string]string {
	values := map[string]string{}
	for _, pair := range os.Environ() {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	return values
}

func (e *Environment) problem(name, what string) { e.problems[name] = what }

// Refuse notes that a part could not be made of a variable. What the error says
// begins with a variable's name already.
func (e *Environment) Refuse(name string, err error) {
	e.problem(name, "("+strings.TrimPrefix(err.Error(), name+" ")+")")
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
		e.problem(name, "is missing")
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
		e.problem(name, fmt.Sprintf("must be a whole number from %d to %d", least, most))
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
	e.problem(name, "must be true or false")
	return fallback
}

// origin is a scheme and a host, by name or by number.
var origin = regexp.MustCompile(`^https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

// Origin returns an origin such as https://accounts.example.com, without a
// slash at its end.
func (e *Environment) Origin(name string) string {
	v := strings.TrimSuffix(e.Text(name), "/")
	if v != "" && !origin.MatchString(v) {
		e.problem(name, "must be an origin such as https://accounts.example.com")
	}
	return v
}
