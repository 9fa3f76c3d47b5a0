package awsenv

import (
	"context"
	"strings"
)

// endpoints are the addresses that stand in for AWS's own, by variable. The
// order is the SDK's ("Service-specific endpoints" in the AWS SDKs and Tools
// Reference Guide), as far as it concerns the environment:
//
//  1. AWS_IGNORE_CONFIGURED_ENDPOINT_URLS=true: none of the others counts
//  2. AWS_ENDPOINT_URL_SESV2, _SECRETS_MANAGER, _KMS: that service
//  3. AWS_ENDPOINT_URL: every service
//  4. the service's own address in the region
type endpoints map[string]string

const everyService = "AWS_ENDPOINT_URL"

func readEndpoints(getenv func(string) string) (endpoints, error) {
	e := make(endpoints)
	if strings.EqualFold(getenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"), "true") {
		return e, nil
	}
	for _, name := range []string{everyService, variable("SESv2"), variable("Secrets Manager"), variable("KMS")} {
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

// variable is the name that AWS gives to a service's own variable: the SDK's id
// of the service in capitals, with underscores for spaces.
func variable(sdkID string) string {
	return everyService + "_" + strings.ToUpper(strings.ReplaceAll(sdkID, " ", "_"))
}

func (e endpoints) base() *string {
	if value, ok := e[everyService]; ok {
		return &value
	}
	return nil
}

// GetServiceBaseEndpoint is how the SDK asks a source of configuration for the
// address of one service.
func (e endpoints) GetServiceBaseEndpoint(_ context.Context, sdkID string) (string, bool, error) {
	value, ok := e[variable(sdkID)]
	return value, ok, nil
}
