package stack

import (
	"cmp"
	"context"
	"debug/buildinfo"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"time"

	"sdtasktracker/infra/local/cloudformation"
	"sdtasktracker/infra/local/lambdahost"
)

func (s *Stack) createLogGroup(_ context.Context, id string, _ logGroupProperties) (cloudformation.Physical, error) {
	return withARN(s.physicalName(id), s.logGroupARN(s.physicalName(id))+":*"), nil
}

// createFunction takes a function's settings from the template. Its code is the build
// for this machine of the package that the asset was compiled from.
func (s *Stack) createFunction(_ context.Context, id string, p functionProperties) (cloudformation.Physical, error) {
	name := s.physicalName(id)
	physical := withARN(name, s.FunctionARN(name))
	bootstrap, err := s.bootstrap(id)
	if err != nil {
		return physical, err
	}
	log, err := os.Create(filepath.Join(s.LogsDir, name+".log"))
	if err != nil {
		return physical, err
	}
	s.closers = append(s.closers, log.Close)
	f := lambdahost.Function{
		Name:               name,
		ARN:                s.FunctionARN(name),
		Bootstrap:          bootstrap,
		Environment:        s.functionEnvironment(name, p.Environment.Variables),
		Timeout:            time.Duration(cmp.Or(p.Timeout, 3)) * time.Second,
		MemoryMB:           cmp.Or(p.MemorySize, 128),
		MaxRetries:         2, // Lambda's default
		DeadLetterQueueARN: p.DeadLetterConfig.TargetArn,
		Log:                log,
	}
	s.Host.Add(f)
	return physical, s.assume(f, p)
}

// bootstrap finds the executable compiled for this machine from the same package as
// the function's asset. A Go executable records its package.
func (s *Stack) bootstrap(id string) (string, error) {
	asset, _ := s.template.Resources[id].Metadata["aws:asset:path"].(string)
	if asset == "" {
		return "", errors.New("its code is not an asset")
	}
	info, err := buildinfo.ReadFile(filepath.Join(s.template.Dir, asset, "bootstrap"))
	if err != nil {
		return "", fmt.Errorf("read the asset's bootstrap: %w", err)
	}
	bootstrap := filepath.Join(s.options.Root, "build/bin", path.Base(info.Path))
	if _, err := os.Stat(bootstrap); err != nil {
		return "", fmt.Errorf("%s is not compiled for this machine: run make local", info.Path)
	}
	return bootstrap, nil
}

// functionEnvironment returns a function's environment. Its credentials identify the function.
func (s *Stack) functionEnvironment(name string, variables map[string]string) map[string]string {
	environment := map[string]string{
		"AWS_REGION": s.Region, "AWS_DEFAULT_REGION": s.Region,
		"AWS_ACCESS_KEY_ID": name, "AWS_SECRET_ACCESS_KEY": s.options.SecretKey,
		"AWS_EC2_METADATA_DISABLED": "true",
	}
	for service, endpoint := range s.functionEndpoints {
		environment["AWS_ENDPOINT_URL_"+service] = endpoint
	}
	maps.Copy(environment, variables)
	maps.Copy(environment, s.options.Environment)
	return environment
}

func (s *Stack) configureEvents(
	_ context.Context, _ string, p eventInvokeProperties,
) (physical cloudformation.Physical, err error) {
	if p.Qualifier != "$LATEST" {
		return physical, fmt.Errorf("qualifier %s is not supported by the local stack", p.Qualifier)
	}
	return physical, s.Host.SetMaxRetries(p.FunctionName, p.MaximumRetryAttempts)
}
