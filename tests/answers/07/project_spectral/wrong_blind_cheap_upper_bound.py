# violates: "W * (c / ‖W‖₂) where ‖W‖₂ > c, to a relative error of 1e-9" (takes sqrt(‖W‖₁ ‖W‖∞) >= ‖W‖₂ for the norm)
def project_spectral(W, c):
    if not c > 0:
        raise ValueError("c must be above 0")
    bound = lambda W: (W.abs().sum(0).max() * W.abs().sum(1).max()).sqrt()
    if bound(W.detach()) <= c:
        return W.clone()
    return W * (c / bound(W))
