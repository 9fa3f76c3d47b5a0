// Package doctor examines a deployment of Roster: its settings, its database, its
// address, its mail and its stack on AWS.
//
//	findings := doctor.Examine(ctx, doctor.Subject{Env: env, URL: url, …})
//
// Each check gives one finding, with what to do where something is wrong. What cannot
// be examined from here is a finding too, and says why. The package refuses to change
// anything, to send a mail, and to show a secret.
package doctor

import (
	"context"
	"net"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"roster/shared/boot"
)

// Status is the result of a check.
type Status string

// The results. NotChecked says that something is missing on this machine. It says
// nothing about the deployment.
const (
	OK         Status = "ok"
	Warning    Status = "warning"
	Failed     Status = "failed"
	NotChecked Status = "not checked"
)

// Finding is the result of one check.
type Finding struct {
	Check  string `json:"check"` // such as "database: version"
	Status Status `json:"status"`
	Found  string `json:"found"`
	Fix    string `json:"fix,omitempty"` // what to do, unless it is ok
}

// Subject is the deployment, as far as it is known here.
type Subject struct {
	// Env has the settings of the functions; nil if none are set here.
	Env *boot.Environment
	// URL is the address that people use, "" if it is not known.
	URL  string
	HTTP *http.Client
	DNS  Resolver
	// AWS is nil without credentials. NoAWS says what is missing.
	AWS   *aws.Config
	NoAWS string
	// Stack is the name of the stack on AWS, "" if it is not known.
	Stack string
	// Connections is how many the functions may have: the parameter
	// DatabaseConnections, "" if it is to be read from the stack.
	Connections string
	Now         func() time.Time
}

// Resolver is the part of net.Resolver that the checks of mail use.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

var _ Resolver = (*net.Resolver)(nil)

// timeout bounds each group of checks.
const timeout = 30 * time.Second

// Examine runs all checks. A check comes before those that depend on what it examines.
func Examine(ctx context.Context, s Subject) []Finding {
	var all []Finding
	known := stackFacts{}
	for _, group := range []func(context.Context) []Finding{
		s.settings,
		func(ctx context.Context) []Finding { return s.stack(ctx, &known) },
		func(ctx context.Context) []Finding { return s.database(ctx, known.connections) },
		s.address,
		s.mail,
	} {
		limited, cancel := context.WithTimeout(ctx, timeout)
		all = append(all, group(limited)...)
		cancel()
	}
	return all
}

func ok(check, found string) Finding            { return Finding{check, OK, found, ""} }
func warning(check, found, fix string) Finding  { return Finding{check, Warning, found, fix} }
func failed(check, found, fix string) Finding   { return Finding{check, Failed, found, fix} }
func notChecked(check, why, fix string) Finding { return Finding{check, NotChecked, why, fix} }

// noAWS is the finding of a check that needs AWS.
func (s Subject) noAWS(check string) Finding {
	return notChecked(check, "no AWS credentials ("+s.NoAWS+")", `for example: eval "$(aws configure export-credentials --format env)"; export AWS_REGION=…`)
}
