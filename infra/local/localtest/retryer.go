package localtest

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Impatient returns a copy of cfg whose Retryer doesn't pause before a retry. cfg must have a Retryer.
func Impatient(cfg aws.Config) aws.Config {
	patient := cfg.Retryer
	cfg.Retryer = func() aws.Retryer { return ImpatientRetryer(patient()) }
	return cfg
}

// ImpatientRetryer returns the retryer without its pauses.
func ImpatientRetryer(retryer aws.Retryer) aws.Retryer { return impatient{retryer} }

type impatient struct{ aws.Retryer }

// RetryDelay implements [aws.Retryer].
func (impatient) RetryDelay(int, error) (time.Duration, error) { return 0, nil }
