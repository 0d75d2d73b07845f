# right: in another order, the form dict(...)
def misconceptions():
    answers = dict(l=False, k=True, j=False, i=True)
    answers.update(h=False, g=False, f=False, e=True)
    answers.update(d=False, c=False, b=True, a=True)
    return answers
