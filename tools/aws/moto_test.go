package aws_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"roster/shared/aws/awsenv"
)

// moto plays AWS for all tests; each has secrets and addresses of its own.
type moto struct {
	url string
	*process
}

var startMoto = sync.OnceValues(func() (*moto, error) {
	addresses, err := freeAddresses(1)
	if err != nil {
		return nil, err
	}
	host, port, _ := strings.Cut(addresses[0], ":")
	p, err := launch(addresses[0], nil, "../../.ci/tools/bin/moto_server", "-H", host, "-p", port)
	if err != nil {
		return nil, err
	}
	share(p.stop)
	return &moto{url: "http://" + addresses[0], process: p}, nil
})

func newMoto(t testing.TB) *moto {
	t.Helper()
	installed(t, "../../.ci/tools/bin/moto_server")
	m, err := startMoto()
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// awsVariables are what Lambda gives a function, with the address of a stand-in
// of AWS.
func awsVariables(url string) map[string]string {
	return map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL": url,
		"AWS_ACCESS_KEY_ID": "ASIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "opens-nothing", "AWS_SESSION_TOKEN": "opens-nothing",
	}
}

// configOf is what a function makes of these variables.
func configOf(t testing.TB, variables map[string]string) aws.Config {
	t.Helper()
	cfg, err := awsenv.From(func(name string) string { return variables[name] })
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

func (m *moto) config(t testing.TB) aws.Config { return configOf(t, awsVariables(m.url)) }

// newSecret makes a secret of these members and returns its ARN.
func (m *moto) newSecret(t testing.TB, members map[string]string) string {
	t.Helper()
	text, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.NewReplacer("/", "-", "_", "-").Replace(t.Name())
	out, err := secretsmanager.NewFromConfig(m.config(t)).CreateSecret(t.Context(), &secretsmanager.CreateSecretInput{
		Name: &name, SecretString: aws.String(string(text)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *out.ARN
}

// text is the secret's text under a label, or as the service gives it for none.
func (m *moto) text(t testing.TB, arn, label string) string {
	t.Helper()
	in := &secretsmanager.GetSecretValueInput{SecretId: &arn}
	if label != "" {
		in.VersionStage = &label
	}
	out, err := secretsmanager.NewFromConfig(m.config(t)).GetSecretValue(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	return *out.SecretString
}

// verify lets an address send mail, as the owner of an account does in SES.
func (m *moto) verify(t testing.TB, address string) {
	t.Helper()
	if _, err := sesv2.NewFromConfig(m.config(t)).CreateEmailIdentity(t.Context(), &sesv2.CreateEmailIdentityInput{EmailIdentity: &address}); err != nil {
		t.Fatal(err)
	}
}

// motoMail is what moto keeps of a mail. It keeps one body, the HTML one where
// there are two, and neither headers nor what was said about tracking: moto is at
// fault there, and TestSESv2Local sees the rest.
type motoMail struct {
	Source, Subject, Body string
	Destinations          struct{ ToAddresses []string }
}

// mails are those from an address.
func (m *moto) mails(t testing.TB, from string) []motoMail {
	t.Helper()
	var all struct {
		SES struct{ Message []motoMail }
	}
	getJSON(t, m.url+"/moto-api/data.json", &all)
	var found []motoMail
	for _, mail := range all.SES.Message {
		if strings.Contains(mail.Source, from) {
			found = append(found, mail)
		}
	}
	return found
}

func getJSON(t testing.TB, url string, into any) {
	t.Helper()
	client := http.Client{Timeout: 30 * time.Second}
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: status %d, %v", url, resp.StatusCode, err)
	}
}
