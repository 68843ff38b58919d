package deadletter

// Subject names what the dead letter is about, to look for in the logs: the task, or the SNS message; the dead
// letter's own ID, which no log has, where it tells neither.
func (l Letter) Subject() string {
	switch {
	case l.TaskID != "":
		return l.TaskID
	case l.SNSMessageID != "":
		return "SNS message " + l.SNSMessageID
	}
	return "SQS message " + l.MessageID
}
