package function

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"sdtasktracker/shared/awsclient"
	"sdtasktracker/shared/warmup"
)

// requestTimeout is the timeout of one attempt at a request, from dialing to the end
// of the answer. DynamoDB and SQS answer within milliseconds, so only a dead
// connection takes longer. Four attempts and the pauses between them fit into the
// shortest timeout of a function, 30 s.
const requestTimeout = 3 * time.Second

// Config returns the AWS configuration for all clients of a function, from variables of the
// form NAME=VALUE. [awsclient.Configure] configures the clients. An operation that may take
// longer than a few seconds, such as a long poll, needs a client with its own HTTP client.
//
// Config reads the variables that Lambda sets (the Region and the credentials) and those that
// the local stack sets (AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_SERVICE, "Settings reference" in
// the AWS SDKs and Tools Reference Guide). The SDK's loader also supports files, profiles,
// single sign-on and instance roles. A function has none of these, and their code would be a
// seventh of the program.
func Config(variables []string) aws.Config {
	env := environ{}
	for _, variable := range variables {
		name, value, _ := strings.Cut(variable, "=")
		env[name] = value
	}
	cfg := awsclient.Configure(aws.Config{
		Region: env["AWS_REGION"],
		Credentials: credentials.NewStaticCredentialsProvider(
			env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"]),
		HTTPClient:                 HTTPClient().WithTimeout(requestTimeout),
		RequestChecksumCalculation: aws.RequestChecksumCalculationWhenSupported,
		ResponseChecksumValidation: aws.ResponseChecksumValidationWhenSupported,
		ConfigSources:              []any{env},
	})
	cfg.APIOptions = append(cfg.APIOptions, warmup.Divert)
	if endpoint := env["AWS_ENDPOINT_URL"]; endpoint != "" {
		cfg.BaseEndpoint = aws.String(endpoint)
	}
	return cfg
}

// environ maps the environment's variables to their values. It is a configuration source
// for the SDK's clients.
type environ map[string]string

// GetServiceBaseEndpoint returns a service's own endpoint. id is the SDK's ID of the
// service, such as "DynamoDB".
func (e environ) GetServiceBaseEndpoint(_ context.Context, id string) (endpoint string, found bool, err error) {
	endpoint = e["AWS_ENDPOINT_URL_"+strings.ToUpper(strings.ReplaceAll(id, " ", "_"))]
	return endpoint, endpoint != "", nil
}
