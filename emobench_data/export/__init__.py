"""Records as the files that others read: LLaVA, VLMEvalKit, lmms-eval, tables."""
