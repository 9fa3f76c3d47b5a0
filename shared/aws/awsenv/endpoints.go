package awsenv

import (
	"context"
	"strings"
)

// endpoints are addresses to use instead of AWS's own, by variable. The first
// that applies counts, in the SDK's order ("Service-specific endpoints" in the
// AWS SDKs and Tools Reference Guide):
//
//  1. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true: the other variables are ignored
//  2. AWS_ENDPOINT_URL_SESV2, _SECRETS_MANAGER, _KMS: the address of one service
//  3. AWS_ENDPOINT_URL: the address of every service
//  4. AWS's own address of the service in the region
type endpoints map[string]string

const allServices = "AWS_ENDPOINT_URL"

func readEndpoints(getenv func(string) string) (endpoints, error) {
	e := make(endpoints)
	if strings.EqualFold(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		return e, nil
	}
	for _, name := range []string{allServices, variable("SESv2"), variable("Secrets Manager"), variable("KMS")} {
		value := getenv(name)
		if value == "" {
			continue
		}
		if err := checkURL(name, value); err != nil {
			return nil, err
		}
		e[name] = value
	}
	return e, nil
}

// variable returns the name of one service's variable: the SDK's id of the
// service in capitals, with underscores instead of spaces.
func variable(sdkID string) string {
	return allServices + "_" + strings.ToUpper(strings.ReplaceAll(sdkID, " ", "_"))
}

func (e endpoints) base() *string {
	if value, ok := e[allServices]; ok {
		return &value
	}
	return nil
}

// GetServiceBaseEndpoint returns the address of one service, and whether there
// is one. The SDK calls it on each of the ConfigSources.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, sdkID string) (string, bool, error) {
	value, ok := e[variable(sdkID)]
	return value, ok, nil
}
