# Different: torch.linalg.lstsq on the columns [index, 1], with the index of the call kept through the mask.
def empirical_rate(residuals):
    kept = [k for k in range(len(residuals)) if residuals[k] > 1e-13 * residuals.max()]
    if len(kept) < 2:
        raise ValueError(f"{len(kept)} entries above the floor; a rate needs 2")
    kept = torch.tensor(kept[min(len(kept) // 2, len(kept) - 2) :])
    A = torch.stack([kept.double(), torch.ones(len(kept), dtype=torch.float64)], dim=1)
    slope = torch.linalg.lstsq(A, residuals[kept].double().log()[:, None]).solution[0, 0]
    return slope.exp().item()
