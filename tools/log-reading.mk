# Reading the log: the test of uniform draws computes with logarithms and roots.
$(BUILD)/tests/unit/model_risk: libs_model += -lm
