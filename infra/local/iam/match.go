package iam

import "strings"

// isARN reports whether a value has the six parts of an ARN, with or without
// wildcards: arn:partition:service:region:account:resource.
func isARN(value string) bool {
	parts := strings.SplitN(value, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[1] != "" && parts[2] != "" && parts[5] != ""
}

// matchARN matches part by part; only in the last do wildcards reach beyond
// colons ("IAM JSON policy elements: Resource", using wildcards).
func matchARN(pattern, arn string) bool {
	patterns, parts := strings.SplitN(pattern, ":", 6), strings.SplitN(arn, ":", 6)
	if len(patterns) != 6 || len(parts) != 6 {
		return false
	}
	for i := range patterns {
		if !glob(patterns[i], parts[i]) {
			return false
		}
	}
	return true
}

// matchResource matches a statement's resource. Actions without resources are
// on "*", which only "*" matches.
func matchResource(pattern, resource string) bool {
	return pattern == "*" || matchARN(pattern, resource)
}

// matchAction matches without regard to case.
func matchAction(pattern, action string) bool {
	return glob(strings.ToLower(pattern), strings.ToLower(action))
}

// glob matches a text to a pattern, in which * is any number of characters and
// ? is one.
func glob(pattern, text string) bool {
	p, t := []rune(pattern), []rune(text)
	at, star, mark := 0, -1, 0
	for i := 0; i < len(t); {
		switch {
		case at < len(p) && p[at] == '*':
			star, mark = at, i
			at++
		case at < len(p) && (p[at] == '?' || p[at] == t[i]):
			at++
			i++
		case star >= 0: // let the last * take one more
			mark++
			at, i = star+1, mark
		default:
			return false
		}
	}
	return strings.Trim(string(p[at:]), "*") == ""
}
