package doctor

// For figures that no server of a test has.
var (
	JudgeRoom    = judgeRoom
	JudgeVersion = judgeVersion
)
