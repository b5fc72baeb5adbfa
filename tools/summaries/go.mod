module github.com/azstep/azstep/tools/summaries

go 1.26.0

require (
	github.com/azstep/azstep v0.0.0
	github.com/yuin/goldmark v1.8.7
	gopkg.in/yaml.v3 v3.0.1
)

require github.com/kr/text v0.2.0 // indirect

replace github.com/azstep/azstep => ../..
