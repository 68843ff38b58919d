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

// requestTimeout is how long one attempt at a request may take, from dialing to
// the end of the answer. DynamoDB and SQS answer within milliseconds, so only a
// dead connection takes longer. Four attempts and the pauses between them fit in
// the shortest timeout of a function, 30 s.
const requestTimeout = 3 * time.Second

// Config is the AWS configuration of every client that a function makes, from
// variables of the form NAME=VALUE. Clients have what [awsclient.Configure] gives them. A
// client of an operation that may take longer than some seconds, such as a long poll,
// needs an HTTP client of its own.
//
// It reads what Lambda sets, the Region and the credentials, and what the local stack sets:
// AWS_ENDPOINT_URL and its relatives for services ("Settings reference" in the AWS SDKs and
// Tools Reference Guide). The SDK's own loader also knows files, profiles, single sign-on and
// instance roles. A function has none of those, and they are a seventh of the program.
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

// environ is the environment's variables. Clients ask it by the SDK's interface of a
// configuration source.
type environ map[string]string

// GetServiceBaseEndpoint is a service's own endpoint. An id is, for instance,
// "DynamoDB".
func (e environ) GetServiceBaseEndpoint(_ context.Context, id string) (endpoint string, found bool, err error) {
	endpoint = e["AWS_ENDPOINT_URL_"+strings.ToUpper(strings.ReplaceAll(id, " ", "_"))]
	return endpoint, endpoint != "", nil
}
