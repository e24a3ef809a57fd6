"""The graph of a cell's step: traced from its equations, differentiated, and written as C. Knows no engine.

cell.step --tracing--> StepGraph --adjoints--> StepGradient --kernel files--> C
"""
