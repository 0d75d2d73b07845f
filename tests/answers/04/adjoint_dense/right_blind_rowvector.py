# right: the row vector from the left, uᵀ (I - J) = vᵀ, with no transpose at all
def adjoint_dense(J, v):
    eye = torch.eye(J.shape[-1], dtype=J.dtype, device=J.device).expand_as(J)
    return torch.linalg.solve(eye - J, v.unsqueeze(1), left=False).squeeze(1)
