package function

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// TestHungRequest: if every attempt hangs, a request fails within the 30 s of the shortest invocation.
func TestHungRequest(t *testing.T) {
	const invocation, reserve = 30 * time.Second, time.Second
	const pauses = (2 + 4 + 8) * time.Second
	cfg := Config(nil)
	attempt := cfg.HTTPClient.(*awshttp.BuildableClient).GetTimeout()
	if all := time.Duration(cfg.Retryer().MaxAttempts())*attempt + pauses; attempt <= 0 || all > invocation-reserve {
		t.Errorf("attempts of %v take %v, more than %v", attempt, all, invocation-reserve)
	}
}

// TestConfigAsTheSDK compares the configuration with that of the SDK's loader, in
// environments such as Lambda's.
func TestConfigAsTheSDK(t *testing.T) {
	lambda := map[string]string{"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1",
		"AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"}
	for name, more := range map[string]map[string]string{
		"OKLambda":          {},
		"OKNoSessionToken":  {"AWS_SESSION_TOKEN": ""},
		"OKEndpoint":        {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
		"OKServiceEndpoint": {"AWS_ENDPOINT_URL_S3": "http://127.0.0.1:2"},
		"OKEndpoints":       {"AWS_ENDPOINT_URL": "http://a:1", "AWS_ENDPOINT_URL_DYNAMODB": "http://a:2"},
		"OKIgnoresRetries":  {"AWS_MAX_ATTEMPTS": "7", "AWS_RETRY_MODE": "adaptive"},
	} {
		t.Run(name, func(t *testing.T) {
			isolate(t)
			for _, variable := range []string{"AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"} {
				t.Setenv(variable, "") // restores it
				_ = os.Unsetenv(variable)
			}
			env := maps.Clone(lambda)
			maps.Copy(env, more)
			var variables []string
			for _, variable := range slices.Sorted(maps.Keys(env)) {
				t.Setenv(variable, env[variable])
				variables = append(variables, variable+"="+env[variable])
			}
			want, err := config.LoadDefaultConfig(t.Context(), config.WithRetryMaxAttempts(4))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := describe(t, Config(variables)), describe(t, want); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// describe returns the parts of a configuration that clients use.
func describe(t *testing.T, cfg aws.Config) string {
	t.Helper()
	d, s := dynamodb.NewFromConfig(cfg).Options(), s3.NewFromConfig(cfg).Options()
	key, err := d.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, each := range []any{
		d.Region, d.EndpointOptions.UseFIPSEndpoint, d.EndpointOptions.UseDualStackEndpoint, d.Retryer.MaxAttempts(),
		key.AccessKeyID, key.SecretAccessKey, key.SessionToken,
		aws.ToString(d.BaseEndpoint), aws.ToString(s.BaseEndpoint),
		s.RequestChecksumCalculation, s.ResponseChecksumValidation, s.EndpointOptions.UseFIPSEndpoint, s.UseARNRegion,
	} {
		fmt.Fprintf(&b, "%v ", each)
	}
	return b.String()
}
