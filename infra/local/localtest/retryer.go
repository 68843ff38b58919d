package localtest

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Impatient returns cfg, which has a Retryer, for clients that don't pause before a retry.
func Impatient(cfg aws.Config) aws.Config {
	patient := cfg.Retryer
	cfg.Retryer = func() aws.Retryer { return ImpatientRetryer(patient()) }
	return cfg
}

// ImpatientRetryer returns a retryer that does as the given one, but doesn't pause.
func ImpatientRetryer(retryer aws.Retryer) aws.Retryer { return impatient{retryer} }

type impatient struct{ aws.Retryer }

// RetryDelay implements [aws.Retryer].
func (impatient) RetryDelay(int, error) (time.Duration, error) { return 0, nil }
