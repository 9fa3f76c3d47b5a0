package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"roster"
	"roster/localdev/awstest"
	"roster/localdev/gateway"
	"roster/localdev/mailbox"
	"roster/shared/aws/sam"
	"roster/shared/boot"
)

// stack holds everything that one localdev has started.
type stack struct {
	options  options
	settings settings
	database database
	aws      *awstest.Server
	mails    *mailbox.Box
	template *sam.Template
	admin    admin
	handler  http.Handler
	listener net.Listener
	stops    []func()
}

// stop stops everything, in the reverse order of the start.
func (p *stack) stop() {
	for _, stop := range slices.Backward(p.stops) {
		stop()
	}
}

// start starts everything in the order of a deployment: the database, the schema
// and the admin, then the functions.
func start(ctx context.Context, o options, s settings, out io.Writer) (p *stack, err error) {
	p = &stack{options: o, settings: s}
	defer func() {
		if err != nil {
			p.stop()
		}
	}()
	if p.template, err = sam.Parse(roster.Template); err != nil {
		return p, err
	}
	if p.aws, err = awstest.Start(); err != nil {
		return p, fmt.Errorf("start the local SES: %w", err)
	}
	p.stops = append(p.stops, p.aws.Close)
	if p.mails, err = mailbox.Open(filepath.Join(o.data, "mails.json")); err != nil {
		fmt.Fprintf(out, "Note: %v\n", err)
	}
	p.aws.OnMail(p.mails.Add)
	for _, pair := range p.aws.Env() {
		name, value, _ := strings.Cut(pair, "=")
		s.values[name] = value
	}
	if err := s.check(); err != nil {
		return p, err
	}
	if p.database, err = openDatabase(ctx, s, filepath.Join(o.data, "postgres"), out); err != nil {
		return p, err
	}
	p.stops = append(p.stops, p.database.stop)
	s.values["DATABASE_URL"], s.values["MIGRATE_DATABASE_URL"] = p.database.url, p.database.owner
	if p.admin, err = seedAdmin(ctx, s.values); err != nil {
		return p, err
	}
	run := p.inProcess
	if o.lambda {
		run = p.asProcesses
	}
	invoke, scheduled, err := run(ctx, out)
	if err != nil {
		return p, err
	}
	p.handler = p.routes(invoke, scheduled)
	return p, nil
}

// jobs holds the handlers of scheduled functions, by the function's folder.
type jobs map[string]http.Handler

// routes returns the API's handler, with localdev's own pages beside it.
func (p *stack) routes(invoke gateway.Invoke, scheduled jobs) http.Handler {
	var routes []gateway.Route
	for _, f := range p.template.Functions {
		for _, r := range f.Routes {
			routes = append(routes, gateway.Route{Method: r.Method, Path: r.Path, Target: f.Folder})
		}
	}
	mux := http.NewServeMux()
	mails := mailbox.New(p.mails, p.settings.values["MAIL_SERVER"])
	mux.Handle(mailbox.Path, mails)
	mux.Handle(mailbox.Path+"/", mails)
	for folder, job := range scheduled {
		mux.Handle("POST /_run/"+folder, job)
	}
	api := p.cors().Handler(gateway.NewAt(publicPath(p.settings.values["PUBLIC_URL"]), routes, invoke))
	// The mux does not see the API's requests, because it would redirect // and ..
	// before the gateway handles them.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/_") {
			mux.ServeHTTP(w, r)
			return
		}
		api.ServeHTTP(w, r)
	})
}

// publicPath returns the path of PUBLIC_URL, at which the API is served too.
func publicPath(publicURL string) string {
	u, err := url.Parse(publicURL)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(u.Path, "/")
}

// environment returns the functions' variables in the form that package boot reads.
func environment(values map[string]string) *boot.Environment { return boot.FromMap(maps.Clone(values)) }
